import { KIND } from './shaders';

/** The columns that the map draws from; `x` and `y` are web mercator, not a number where there is no position. */
export interface PointColumns {
  readonly length: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly condition: Uint8Array;
}

export interface DrawOptions {
  zoom: number;
  selected: number | undefined;
  /** Slots with an alarm of the highest priority that waits for a person. */
  waiting: ReadonlySet<number>;
}

/** Below this zoom, and above this number, devices without an alarm are drawn as bins. */
const BIN_BELOW_ZOOM = 4;
const BIN_ABOVE_COUNT = 2_000;
/** Bins along one side of a tile of 512 px. */
const BINS_PER_TILE = 32;
/** Sizes in CSS pixels by condition. */
const SIZE_PX = [20, 18, 15, 14, 10, 8];
const SELECTION_PX = 34;
const WAITING_PX = 34;
const GRID = 256;
export const FLOATS_PER_POINT = 4;

/** What lies under the pointer. */
export type Pick = { type: 'device'; slot: number } | { type: 'bin'; count: number };

/** The points in the order in which they are drawn, worst last, and an index to find them again. */
export class DrawList {
  /** x, y, kind, size for each point. */
  readonly vertices: Float32Array;
  readonly count: number;
  /** The device of each point, or minus the number of devices in a bin; not a number for decoration. */
  readonly #what: Float64Array;
  #cellStarts: Uint32Array | null = null;
  #cellPoints = new Uint32Array(0);

  constructor(columns: PointColumns, options: DrawOptions) {
    const capacity = columns.length + options.waiting.size + 1;
    this.vertices = new Float32Array(capacity * FLOATS_PER_POINT);
    this.#what = new Float64Array(capacity);
    const binned = options.zoom < BIN_BELOW_ZOOM && columns.length > BIN_ABOVE_COUNT;
    let count = binned ? this.#bins(columns, Math.floor(options.zoom)) : 0;
    for (let condition: number = KIND.normal; condition >= 0; condition -= 1) {
      if (binned && condition >= KIND.silent) continue;
      // The halos lie above all but the points that they belong to.
      if (condition === 0) count = this.#halos(count, columns, options.waiting);
      for (let slot = 0; slot < columns.length; slot += 1) {
        if (columns.condition[slot] !== condition) continue;
        count = this.#put(count, columns, slot, condition, SIZE_PX[condition] ?? 8, slot);
      }
    }
    if (options.selected !== undefined) {
      count = this.#put(count, columns, options.selected, KIND.selection, SELECTION_PX, Number.NaN);
    }
    this.count = count;
  }

  /** What lies within `radius` (mercator) of a place, worst first and then nearest. */
  pick(x: number, y: number, radius: number): Pick[] {
    const starts = this.#index();
    const found: { point: number; distance: number }[] = [];
    const [west, east] = [cell(x - radius), cell(x + radius)];
    const [north, south] = [cell(y - radius), cell(y + radius)];
    for (let row = north; row <= south; row += 1) {
      for (let at = starts[row * GRID + west] ?? 0; at < (starts[row * GRID + east + 1] ?? 0); at += 1) {
        const point = this.#cellPoints[at] ?? 0;
        const distance = Math.hypot(
          (this.vertices[point * FLOATS_PER_POINT] ?? 0) - x,
          (this.vertices[point * FLOATS_PER_POINT + 1] ?? 0) - y,
        );
        if (distance <= radius) found.push({ point, distance });
      }
    }
    const kind = (point: number) => this.vertices[point * FLOATS_PER_POINT + 2] ?? 0;
    found.sort((a, b) => kind(a.point) - kind(b.point) || a.distance - b.distance);
    return found.map(({ point }) => {
      const what = this.#what[point] ?? 0;
      return what < 0 ? { type: 'bin', count: -what } : { type: 'device', slot: what };
    });
  }

  #halos(at: number, columns: PointColumns, waiting: ReadonlySet<number>): number {
    let count = at;
    for (const slot of waiting) {
      count = this.#put(count, columns, slot, KIND.waiting, WAITING_PX, Number.NaN);
    }
    return count;
  }

  #put(at: number, columns: PointColumns, slot: number, kind: number, size: number, what: number): number {
    const [x, y] = [columns.x[slot] ?? Number.NaN, columns.y[slot] ?? Number.NaN];
    if (Number.isNaN(x) || Number.isNaN(y)) return at;
    this.vertices.set([x, y, kind, size], at * FLOATS_PER_POINT);
    this.#what[at] = what;
    return at + 1;
  }

  #bins(columns: PointColumns, zoom: number): number {
    const side = 2 ** Math.max(0, zoom) * BINS_PER_TILE;
    const sums = new Map<number, { x: number; y: number; count: number }>();
    for (let slot = 0; slot < columns.length; slot += 1) {
      const [x, y] = [columns.x[slot] ?? Number.NaN, columns.y[slot] ?? Number.NaN];
      if ((columns.condition[slot] ?? 0) < KIND.silent || Number.isNaN(x)) continue;
      const key = Math.floor(y * side) * side + Math.floor(x * side);
      const sum = sums.get(key);
      if (sum) {
        sum.x += x;
        sum.y += y;
        sum.count += 1;
      } else sums.set(key, { x, y, count: 1 });
    }
    let at = 0;
    for (const { x, y, count } of sums.values()) {
      const size = Math.min(30, 7 + 2.6 * Math.log2(count));
      const kind = count === 1 ? KIND.normal : KIND.bin;
      this.vertices.set([x / count, y / count, kind, size], at * FLOATS_PER_POINT);
      this.#what[at] = -count;
      at += 1;
    }
    return at;
  }

  /** Counting sort of the points into a grid over the world; made when first asked for. */
  #index(): Uint32Array {
    if (this.#cellStarts) return this.#cellStarts;
    const starts = new Uint32Array(GRID * GRID + 1);
    const cellOf = (point: number) =>
      cell(this.vertices[point * FLOATS_PER_POINT + 1] ?? 0) * GRID +
      cell(this.vertices[point * FLOATS_PER_POINT] ?? 0);
    const real = (point: number) => !Number.isNaN(this.#what[point] ?? Number.NaN);
    for (let point = 0; point < this.count; point += 1) {
      if (real(point)) starts[cellOf(point) + 1] = (starts[cellOf(point) + 1] ?? 0) + 1;
    }
    for (let at = 0; at < GRID * GRID; at += 1) starts[at + 1] = (starts[at + 1] ?? 0) + (starts[at] ?? 0);
    const next = starts.slice();
    this.#cellPoints = new Uint32Array(this.count);
    for (let point = 0; point < this.count; point += 1) {
      if (!real(point)) continue;
      const at = next[cellOf(point)] ?? 0;
      this.#cellPoints[at] = point;
      next[cellOf(point)] = at + 1;
    }
    this.#cellStarts = starts;
    return starts;
  }
}

function cell(mercator: number): number {
  return Math.min(GRID - 1, Math.max(0, Math.floor(mercator * GRID)));
}
