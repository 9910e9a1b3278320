import { describe, expect, it } from 'vitest';
import { FleetColumns } from './columns';

function columns(): FleetColumns {
  const fleet = new FleetColumns();
  fleet.replace({
    sequence: 1,
    at: '2026-11-24T08:00:00.000Z',
    id: ['imei:1', 'imei:2'],
    longitude_e7: [0, null],
    latitude_e7: [0, null],
    course_deg: [-1, -1],
    speed_kmh: [12.5, -1],
    condition: ['normal', 'critical'],
    last_received_at_ms: [1, 2],
    protocol: ['gt06', 'gt06'],
  });
  return fleet;
}

describe('FleetColumns', () => {
  it('knows a device without a position', () => {
    const fleet = columns();
    expect(fleet.x[0]).toBe(0.5);
    expect(fleet.x[1]).toBeNaN();
  });

  it('grows when new devices report', () => {
    const fleet = columns();
    for (let n = 0; n < 600; n += 1) fleet.put([`imei:n${n}`, 0, 0, 0, 0, 'silent', 3, 'gt06']);
    expect(fleet.length).toBe(602);
    expect(fleet.slot('imei:n599')).toBe(601);
    expect(fleet.speed_kmh[0]).toBe(12.5);
  });

  it('updates a device in its place', () => {
    const fleet = columns();
    fleet.put(['imei:1', 900_000_000, 0, 90, 40, 'low', 9, 'gt06']);
    expect(fleet.length).toBe(2);
    expect(fleet.x[0]).toBe(0.75);
  });

  it('tells whether a condition changed and lists by condition', () => {
    const fleet = columns();
    expect(fleet.setCondition('imei:1', 'high')).toBe(true);
    expect(fleet.setCondition('imei:1', 'high')).toBe(false);
    expect(fleet.setCondition('imei:9', 'high')).toBe(false);
    const groups = fleet.byCondition(10).filter((group) => group.count > 0);
    expect(groups).toEqual([
      { condition: 'critical', count: 1, ids: ['imei:2'] },
      { condition: 'high', count: 1, ids: ['imei:1'] },
    ]);
  });
});
