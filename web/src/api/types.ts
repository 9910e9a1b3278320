// The shapes of docs/api.md, word for word. Everything the page knows of the API's data is in this file.

export type Role = 'viewer' | 'operator' | 'admin';
export type Priority = 'critical' | 'high' | 'medium' | 'low';
export type Condition = Priority | 'silent' | 'normal';
export type AlarmState = 'raised' | 'acknowledged' | 'cleared' | 'closed';
export type AlarmKind =
  | 'seal-cut'
  | 'unauthorised-open'
  | 'case-open'
  | 'unlock-refused'
  | 'long-unlocked'
  | 'motor-fault'
  | 'shock'
  | 'low-battery'
  | 'signal-loss'
  | 'late-upload'
  | 'clock-drift'
  | 'gnss-implausible';
export type EventKind =
  'login' | 'heartbeat' | 'position' | 'seal' | 'status' | 'command-result' | 'message' | 'media';
export type IdentityTrust = 'claimed' | 'network' | 'mac' | 'aead' | 'signature';
export type SealTrust = 'none' | 'valid-intact' | 'valid-tampered' | 'invalid' | 'silent';

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string | null;
  hint: string | null;
}

export interface Session {
  account: { name: string; role: Role };
  expires_at: string;
}

export interface Position {
  latitude: number;
  longitude: number;
  valid: boolean;
  fix: 'gnss' | 'stale' | 'network';
  altitude_m: number | null;
  speed_kmh: number | null;
  course_deg: number | null;
  satellites: number | null;
}

/** Each part: true under seal, false not, null when the device did not say. */
export interface Seal {
  rope_inserted: boolean | null;
  rope_intact: boolean | null;
  motor_locked: boolean | null;
  cover_closed: boolean | null;
  door_closed: boolean | null;
  shackle_closed: boolean | null;
  sealed: boolean | null;
  attached: boolean | null;
}

export interface Trust {
  identity: IdentityTrust;
  seal: SealTrust;
}

export interface Acknowledgement {
  by: string;
  at: string;
  reason: string;
  note: string;
}

export interface Alarm {
  id: number;
  kind: AlarmKind;
  title: string;
  priority: Priority;
  device: string;
  state: AlarmState;
  occurred_at: string;
  raised_at: string;
  cleared_at: string | null;
  late: boolean;
  position: Position | null;
  detail: string;
  what_to_do: string;
  /** What brings such an alarm about. */
  cause: string;
  /** What happens if nobody acts. */
  consequence: string;
  causes: string[];
  repeats: number;
  last_repeat_at: string | null;
  acknowledged: Acknowledgement | null;
}

export interface Device {
  id: string;
  protocol: string;
  class: 'passive' | 'semi-active' | 'active';
  /** The device through which a wireless sub-lock or sensor is heard. */
  heard_through: string | null;
  first_received_at: string;
  last_received_at: string;
  occurred_at: string | null;
  position: Position | null;
  position_occurred_at: string | null;
  seal: Seal;
  signals: string[];
  battery_percent: number | null;
  battery_mv: number | null;
  external_power_mv: number | null;
  charging: boolean | null;
  signal_percent: number | null;
  temperature_c: number | null;
  humidity_percent: number | null;
  odometer_m: number | null;
  reporting_period_s: number | null;
  clock_offset_s: number | null;
  connected: boolean;
  trust: Trust;
  condition: Condition;
  open_alarms: Alarm[];
  reports: number;
}

export interface Reading {
  name: string;
  /** A number, a truth value, a text or an object. */
  value: unknown;
  unit: string | null;
  text: string;
}

export interface Event {
  id: string;
  entry: number;
  device: string;
  peripheral: string | null;
  kind: EventKind;
  occurred_at: string | null;
  received_at: string;
  delivery: 'live' | 'buffered';
  position: Position | null;
  seal: Seal;
  signals: string[];
  readings: Reading[];
  trust: Trust;
  duplicate: boolean;
}

export interface Raw {
  entry: number;
  protocol: string;
  connection: number;
  peer: string;
  received_at: string;
  length: number;
  hex: string;
  text: string | null;
  leaf_hash: string;
}

export interface MessageField {
  offset: number;
  length: number;
  name: string;
  value: string;
}

export interface Issue {
  offset: number;
  what: string;
  found: string;
}

export interface Chain {
  raw: Raw;
  message: { name: string; fields: MessageField[] } | null;
  issues: Issue[];
  events: Event[];
  replies: { hex: string; text: string | null }[];
  alarms: Alarm[];
}

/** One page of a list; `next_cursor` is null on the last page. */
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export interface CountedPage<Item> extends Page<Item> {
  total: number;
}

export interface Track {
  /** [longitude, latitude, occurred_at_ms, speed_kmh]; an unknown speed is -1. */
  points: [number, number, number, number][];
  simplified: boolean;
}

/** The fleet as columns; row i is the i-th entry of each. */
export interface Fleet {
  sequence: number;
  at: string;
  id: string[];
  longitude_e7: (number | null)[];
  latitude_e7: (number | null)[];
  course_deg: number[];
  speed_kmh: number[];
  condition: Condition[];
  last_received_at_ms: number[];
  protocol: string[];
}

/** [id, longitude_e7, latitude_e7, course_deg, speed_kmh, condition, last_received_at_ms, protocol] */
export type PositionItem = [string, number | null, number | null, number, number, Condition, number, string];

export interface StreamHello {
  sequence: number;
  server_time: string;
  version: string;
}

export interface StreamReset {
  reason: string;
}

export interface StreamPositions {
  at: string;
  items: PositionItem[];
}
