import { describe, expect, it } from 'vitest';
import { seriesOf } from './series';

function event(minute: number, battery: number | null, speed: number | null) {
  return {
    occurred_at: `2026-11-24T08:${String(minute).padStart(2, '0')}:00.000Z`,
    received_at: '2026-11-24T09:00:00.000Z',
    position: { speed_kmh: speed },
    readings: battery === null ? [] : [{ name: 'battery', value: battery, unit: '%' }],
  };
}

describe('the curves of events', () => {
  it('run from old to new on one axis', () => {
    const [battery, speed, ...others] = seriesOf([event(5, 80, 1), event(1, 90, 2), event(3, null, 3)]);
    expect(others).toEqual([]);
    expect(battery?.curve).toBe('battery');
    expect(battery?.values).toEqual([90, null, 80]);
    expect(speed?.values).toEqual([2, 3, 1]);
    expect(speed?.times_s).toBe(battery?.times_s);
  });

  it('leave out what was measured less than twice', () => {
    expect(seriesOf([event(1, 90, null), event(2, null, null)])).toEqual([]);
  });
});
