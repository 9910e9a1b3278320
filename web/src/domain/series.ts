/** What the plots need to know of an event. */
export interface EventLike {
  occurred_at: string | null;
  received_at: string;
  position: { speed_kmh: number | null } | null;
  readings: readonly { name: string; value: unknown; unit: string | null }[];
}

/** The curves that are plotted, in the order shown. */
export const CURVES = ['battery', 'signal', 'speed', 'temperature'] as const;
export type Curve = (typeof CURVES)[number];

export interface Series {
  curve: Curve;
  times_s: number[];
  values: (number | null)[];
}

/** The reading that a curve is drawn from, with the unit it must have. */
const READINGS: Record<Exclude<Curve, 'speed'>, { name: string; unit: string }> = {
  battery: { name: 'battery', unit: '%' },
  signal: { name: 'network-signal', unit: '%' },
  temperature: { name: 'temperature', unit: '°C' },
};

function valueOf(event: EventLike, curve: Curve): number | null {
  if (curve === 'speed') return event.position?.speed_kmh ?? null;
  const { name, unit } = READINGS[curve];
  const reading = event.readings.find((each) => each.name === name && each.unit === unit);
  return typeof reading?.value === 'number' ? reading.value : null;
}

/** The curves of events on a common axis of times, oldest first; a curve that says nothing is left out. */
export function seriesOf(events: readonly EventLike[]): Series[] {
  const timed = events
    .map((event) => ({ event, time_s: Date.parse(event.occurred_at ?? event.received_at) / 1_000 }))
    .filter(({ time_s }) => Number.isFinite(time_s))
    .sort((a, b) => a.time_s - b.time_s);
  const times_s = timed.map(({ time_s }) => time_s);
  return CURVES.map((curve) => ({
    curve,
    times_s,
    values: timed.map(({ event }) => valueOf(event, curve)),
  })).filter(({ values }) => values.filter((value) => value !== null).length > 1);
}
