// A small seeded world for developing the page: devices that drive between cities, report and raise alarms.
import { createHash } from 'node:crypto';
import { frameOf } from './frame.mjs';

const HUBS = [
  [39.66, -4.05, 'Mombasa'],
  [36.82, -1.29, 'Nairobi'],
  [32.58, 0.32, 'Kampala'],
  [43.14, 11.59, 'Djibouti'],
  [38.75, 9.02, 'Addis Ababa'],
  [39.28, -6.8, 'Dar es Salaam'],
  [28.64, -12.97, 'Ndola'],
  [34.84, -19.84, 'Beira'],
  [55.27, 25.2, 'Dubai'],
  [46.68, 24.71, 'Riyadh'],
  [51.42, 35.69, 'Tehran'],
  [69.24, 41.31, 'Tashkent'],
  [76.95, 43.24, 'Almaty'],
  [28.98, 41.01, 'Istanbul'],
  [44.79, 41.71, 'Tbilisi'],
  [66.99, 24.86, 'Karachi'],
  [-0.19, 5.6, 'Accra'],
  [3.38, 6.52, 'Lagos'],
  [2.1, 13.51, 'Niamey'],
  [31.23, 30.04, 'Cairo'],
];
export const CATALOGUE = {
  'seal-cut': [
    'critical',
    'Seal cut',
    'The lock rope was cut',
    'Dispatch the response unit, tell the customs post ahead, and examine the load in full.',
  ],
  'unauthorised-open': [
    'critical',
    'Opened without authority',
    'The lock opened without an unlocking that was authorised',
    'Dispatch the response unit and call the driver.',
  ],
  'unlock-refused': [
    'high',
    'Unlocking refused',
    'Five wrong passwords in a row',
    'Call the driver and ask who is at the lock.',
  ],
  'signal-loss': [
    'high',
    'No report',
    'Two reporting periods without a word',
    'Call the driver; check whether others nearby are silent as well.',
  ],
  'long-unlocked': [
    'medium',
    'Left unlocked',
    'Unlocked for longer than 15 minutes',
    'Call the driver and have the lock closed.',
  ],
  shock: ['medium', 'Shock', 'An impact of 3.8 g', 'Ask the driver for the state of the load.'],
  'low-battery': ['low', 'Battery low', 'Battery at 14 %', 'Plan to charge it at the next stop.'],
  'late-upload': [
    'low',
    'Late report',
    'A report came 4 h 52 min after it happened',
    'Note it; look for what else came late.',
  ],
};
const RANK = { critical: 0, high: 1, medium: 2, low: 3 };

let seed = 20261124;
const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const iso = (ms) => new Date(ms).toISOString();
const open = (alarm) => alarm.state !== 'closed';

export class World {
  devices = new Map();
  alarms = [];
  entries = [];
  sequence = 0;
  listeners = new Set();

  constructor(count) {
    const now = Date.now();
    for (let n = 0; n < count; n += 1) this.#birth(n, now);
    const kinds = Object.keys(CATALOGUE);
    const some = [...this.devices.values()].filter((_, n) => n % 13 === 4);
    some.forEach((device, n) => {
      const at = now - 60_000 * (3 + n * 17);
      device.cut = n < 2;
      const alarm = this.raise(
        device,
        n < 2 ? 'seal-cut' : kinds[2 + (n % (kinds.length - 2))],
        at,
        n < 2 ? ['rope-cut'] : [],
      );
      if (n % 5 === 4)
        this.acknowledge(
          alarm,
          'operator',
          'called-driver',
          'Driver says he stopped to refuel.',
          at + 400_000,
        );
      if (n % 7 === 6)
        Object.assign(alarm, {
          cleared_at: iso(at + 500_000),
          state: alarm.acknowledged ? 'closed' : 'cleared',
        });
    });
  }

  #birth(n, now) {
    const protocol = ['jointech', 'jt808', 'gt06', 'teltonika'][n % 4];
    const value = { jointech: `80413${String(n).padStart(5, '0')}`, jt808: `0135122${String(11000 + n)}` }[
      protocol
    ];
    const id = value ? `${protocol}:${value}` : `imei:86893506${String(1000000 + n * 7)}`;
    const [from, to] = [HUBS[Math.floor(random() * HUBS.length)], HUBS[Math.floor(random() * HUBS.length)]];
    const device = {
      id,
      protocol,
      from,
      to,
      way: random(),
      speed: random() < 0.3 ? 0 : 30 + random() * 50,
      battery: 15 + random() * 85,
      lock: n % 4 < 2,
      cut: false,
      entries: [],
      silent: n % 29 === 7,
      placed: n % 97 !== 50,
    };
    // Some stand in one yard, on one spot.
    if (n % 20 === 10) Object.assign(device, { from: HUBS[3], way: 0, speed: 0 });
    device.silent_since = device.silent ? now - 5 * 3_600_000 : 0;
    this.devices.set(id, device);
    const steps = n < 40 ? 90 : 4;
    for (let step = steps; step > 0; step -= 1) {
      this.#drive(device, 600);
      this.report(device, now - step * 600_000 - (device.silent ? 5 * 3_600_000 : 0));
    }
  }

  #drive(device, seconds) {
    if (device.speed === 0) return;
    device.way += (device.speed * seconds) / 3_600 / 1_500;
    if (device.way > 1) [device.from, device.to, device.way] = [device.to, device.from, 0];
    device.battery = Math.max(8, device.battery - seconds / 40_000);
  }

  place(device) {
    const [a, b, t] = [device.from, device.to, device.way];
    const bend = Math.sin(t * Math.PI) * 1.2 + Math.sin(t * 40) * 0.05;
    return { longitude: a[0] + (b[0] - a[0]) * t + bend * 0.3, latitude: a[1] + (b[1] - a[1]) * t + bend };
  }

  /** One report of a device, as a journal entry. */
  report(device, at = Date.now(), signals = []) {
    this.sequence += 1;
    device.last = at;
    const { longitude, latitude } = this.place(device);
    const entry = {
      entry: 10_000 + this.sequence,
      device,
      at,
      signals,
      longitude,
      latitude,
      battery: Math.round(device.battery),
      speed: device.speed > 0 ? device.speed + Math.sin(this.sequence) * 6 : 0,
      percent: 45 + Math.round(Math.sin(this.sequence / 9) * 30),
      cut: device.cut,
    };
    this.entries[entry.entry] = entry;
    device.entries.push(entry);
    return entry;
  }

  raise(device, kind, at = Date.now(), signals = []) {
    const entry = device.silent && kind === 'signal-loss' ? null : this.report(device, at, signals);
    const [priority, title, detail, what_to_do] = CATALOGUE[kind];
    this.sequence += 1;
    const alarm = {
      id: this.alarms.length + 1,
      kind,
      title,
      priority,
      device: device.id,
      state: 'raised',
      occurred_at: iso(kind === 'late-upload' ? at - 17_520_000 : at),
      raised_at: iso(at),
      cleared_at: null,
      late: kind === 'late-upload',
      position: device.placed ? this.position(device.entries.at(-1)) : null,
      detail,
      what_to_do,
      cause: 'The loop of rope, or the bolt, is broken or was pulled with force.',
      consequence: 'Goods under customs control can be taken out or exchanged unseen.',
      causes: entry ? [`${entry.entry}-0`] : [],
      repeats: kind === 'shock' ? 2 : 0,
      last_repeat_at: kind === 'shock' ? iso(at + 90_000) : null,
      acknowledged: null,
    };
    this.alarms.push(alarm);
    this.tell('alarm', alarm);
    return alarm;
  }

  /** The rope of a device is cut. */
  cut(id) {
    const device = this.devices.get(id);
    if (!device) return null;
    device.cut = true;
    return this.raise(device, 'seal-cut', Date.now(), ['rope-cut']);
  }

  acknowledge(alarm, by, reason, note, at = Date.now()) {
    alarm.acknowledged = { by, at: iso(at), reason, note };
    alarm.state = alarm.cleared_at ? 'closed' : 'acknowledged';
    this.sequence += 1;
    this.tell('alarm', alarm);
  }

  /** A second of the world: some devices report. */
  tick() {
    const devices = [...this.devices.values()].filter((device) => !device.silent);
    const items = [];
    for (let n = 0; n < devices.length / 30; n += 1) {
      const device = devices[Math.floor(random() * devices.length)];
      this.#drive(device, 60);
      this.report(device);
      items.push(this.row(device));
    }
    if (items.length > 0) this.tell('positions', { at: iso(Date.now()), items });
  }

  tell(event, data) {
    for (const listener of this.listeners) listener(this.sequence, event, data);
  }

  openAlarms(device) {
    return this.alarms.filter((alarm) => alarm.device === device.id && open(alarm)).sort(order);
  }

  condition(device) {
    return this.openAlarms(device)[0]?.priority ?? (device.silent ? 'silent' : 'normal');
  }

  row(device) {
    const { longitude, latitude } = this.place(device);
    const e7 = (degrees) => (device.placed ? Math.round(degrees * 1e7) : null);
    return [
      device.id,
      e7(longitude),
      e7(latitude),
      118,
      Math.round(device.speed),
      this.condition(device),
      device.last,
      device.protocol,
    ];
  }

  position(entry) {
    return {
      latitude: entry.latitude,
      longitude: entry.longitude,
      valid: true,
      fix: 'gnss',
      altitude_m: null,
      speed_kmh: Number(entry.speed.toFixed(1)),
      course_deg: 118,
      satellites: 7,
    };
  }

  seal(device, cut) {
    const none = {
      rope_inserted: null,
      rope_intact: null,
      motor_locked: null,
      cover_closed: null,
      door_closed: null,
      shackle_closed: null,
      sealed: null,
      attached: null,
    };
    return device.lock
      ? { ...none, rope_inserted: true, rope_intact: !cut, motor_locked: true, cover_closed: true }
      : none;
  }

  event(entry) {
    const { device } = entry;
    return {
      id: `${entry.entry}-0`,
      entry: entry.entry,
      device: device.id,
      peripheral: null,
      kind: entry.signals.length > 0 ? 'seal' : 'position',
      occurred_at: iso(entry.at - 1_000),
      received_at: iso(entry.at),
      delivery: 'live',
      position: device.placed ? this.position(entry) : null,
      seal: this.seal(device, entry.cut),
      signals: entry.signals,
      readings: [
        { name: 'battery', value: entry.battery, unit: '%', text: `${entry.battery} %` },
        { name: 'network-signal', value: entry.percent, unit: '%', text: `${entry.percent} %` },
        { name: 'odometer', value: 4_210_000, unit: 'm', text: '4210000 m' },
      ],
      trust: {
        identity: 'claimed',
        seal: device.lock ? (entry.cut ? 'valid-tampered' : 'valid-intact') : 'none',
      },
      duplicate: false,
    };
  }

  chain(entry) {
    const frame = frameOf(entry);
    const events = [this.event(entry)];
    return {
      raw: {
        entry: entry.entry,
        protocol: entry.device.protocol,
        connection: 17,
        peer: '127.0.0.1:50344',
        received_at: iso(entry.at),
        length: frame.hex.length / 2,
        hex: frame.hex,
        text: null,
        leaf_hash: createHash('sha256').update(`\0${frame.hex}`).digest('hex'),
      },
      message: { name: 'real-time report', fields: frame.fields },
      issues:
        entry.entry % 11 === 0 ? [{ offset: 33, what: 'the fence number is not known', found: '07' }] : [],
      events,
      replies: [{ hex: '285036392c302c313130 29'.replace(' ', ''), text: '(P69,0,110)' }],
      alarms: this.alarms.filter((alarm) => alarm.causes.includes(events[0].id)),
    };
  }

  device(device) {
    const [first, last] = [device.entries[0], device.entries.at(-1)];
    return {
      id: device.id,
      protocol: device.protocol,
      class: 'active',
      standing: 'in-service',
      heard_through: null,
      first_received_at: iso(first.at),
      last_received_at: iso(last.at),
      occurred_at: iso(last.at - 1_000),
      position: device.placed ? this.position(last) : null,
      position_occurred_at: device.placed ? iso(last.at - 1_000) : null,
      seal: this.seal(device, device.cut),
      signals: last.signals,
      battery_percent: last.battery,
      battery_mv: 3_890,
      external_power_mv: null,
      charging: false,
      signal_percent: last.percent,
      temperature_c: null,
      humidity_percent: null,
      odometer_m: 4_210_000,
      reporting_period_s: 600,
      clock_offset_s: 1,
      connected: !device.silent,
      trust: this.event(last).trust,
      condition: this.condition(device),
      expected_reads: [],
      open_alarms: this.openAlarms(device),
      reports: device.entries.length,
    };
  }
}

export function order(a, b) {
  return RANK[a.priority] - RANK[b.priority] || b.raised_at.localeCompare(a.raised_at) || b.id - a.id;
}
