import type { Fleet, PositionItem } from '../api/types';
import { CONDITIONS, type Condition, conditionCode } from '../domain/condition';
import { mercatorX, mercatorY } from '../domain/mercator';

/** Not a number for `x` and `y`: the device has not reported a position. */
const NOWHERE = Number.NaN;
const E7 = 1e7;

/** The fleet as columns in typed arrays: nothing here is reactive, however many devices there are. */
export class FleetColumns {
  length = 0;
  id: string[] = [];
  protocol: string[] = [];
  x = new Float32Array(0);
  y = new Float32Array(0);
  condition = new Uint8Array(0);
  course_deg = new Int16Array(0);
  speed_kmh = new Float32Array(0);
  last_received_at_ms = new Float64Array(0);
  #slots = new Map<string, number>();

  slot(id: string): number | undefined {
    return this.#slots.get(id);
  }

  replace(fleet: Fleet): void {
    this.length = 0;
    this.#slots.clear();
    this.id = [];
    this.protocol = [];
    this.#reserve(fleet.id.length);
    for (let row = 0; row < fleet.id.length; row += 1) {
      const id = fleet.id[row];
      const protocol = fleet.protocol[row];
      // The columns are of equal length: nothing is missing.
      if (id === undefined || protocol === undefined) continue;
      this.put([
        id,
        fleet.longitude_e7[row] ?? null,
        fleet.latitude_e7[row] ?? null,
        fleet.course_deg[row] ?? -1,
        fleet.speed_kmh[row] ?? -1,
        fleet.condition[row] ?? 'normal',
        fleet.last_received_at_ms[row] ?? 0,
        protocol,
      ]);
    }
  }

  put([id, longitude, latitude, course, speed, condition, received, protocol]: PositionItem): void {
    let slot = this.#slots.get(id);
    if (slot === undefined) {
      slot = this.length;
      if (slot >= this.x.length) this.#reserve(Math.max(256, slot * 2));
      this.length += 1;
      this.#slots.set(id, slot);
      this.id[slot] = id;
    }
    const placed = longitude !== null && latitude !== null;
    this.x[slot] = placed ? mercatorX(longitude / E7) : NOWHERE;
    this.y[slot] = placed ? mercatorY(latitude / E7) : NOWHERE;
    this.course_deg[slot] = course;
    this.speed_kmh[slot] = speed;
    this.condition[slot] = conditionCode(condition);
    this.last_received_at_ms[slot] = received;
    this.protocol[slot] = protocol;
  }

  setCondition(id: string, condition: Condition): boolean {
    const slot = this.#slots.get(id);
    const code = conditionCode(condition);
    if (slot === undefined || this.condition[slot] === code) return false;
    this.condition[slot] = code;
    return true;
  }

  /** Ids of the devices in each condition, in the order of `CONDITIONS`, each list cut at `ids_max`. */
  byCondition(ids_max: number): { condition: Condition; count: number; ids: string[] }[] {
    const groups = CONDITIONS.map((condition) => ({ condition, count: 0, ids: [] as string[] }));
    for (let slot = 0; slot < this.length; slot += 1) {
      const group = groups[this.condition[slot] ?? 0];
      if (!group) continue;
      group.count += 1;
      if (group.ids.length < ids_max) group.ids.push(this.id[slot] ?? '');
    }
    return groups;
  }

  #reserve(capacity: number): void {
    if (capacity <= this.x.length) return;
    this.x = grown(this.x, new Float32Array(capacity));
    this.y = grown(this.y, new Float32Array(capacity));
    this.condition = grown(this.condition, new Uint8Array(capacity));
    this.course_deg = grown(this.course_deg, new Int16Array(capacity));
    this.speed_kmh = grown(this.speed_kmh, new Float32Array(capacity));
    this.last_received_at_ms = grown(this.last_received_at_ms, new Float64Array(capacity));
  }
}

function grown<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
