import { describe, expect, it } from 'vitest';
import type { TripReport } from '../../api/types';
import { drawing, passed, planned, type Place } from './way';

/** Paper that there must be. */
function paperOf(places: Place[]) {
  const paper = drawing(places, 600, 400);
  if (paper === null) throw new Error('no paper');
  return paper;
}

const event = (at: string | null, latitude: number, fix = 'gnss') => ({
  occurred_at: at,
  position: { latitude, longitude: 39, fix },
});

describe('the way of a trip', () => {
  it('is in the order of happening, without what devices only remember', () => {
    const record = [
      { entry: 1, what: 'report', at: 'T3', events: [event('T3', 3), event('T1', 1)] },
      { entry: 2, what: 'step', at: 'T4' },
      { entry: 3, what: 'report', at: 'T2', events: [event(null, 2), event('T9', 9, 'stale')] },
    ];
    const places = passed({ record } as unknown as TripReport);
    expect(places.map(({ latitude }) => latitude)).toEqual([1, 2, 3]);
  });

  it('is drawn north up, east right, in the same scale both ways', () => {
    const places = [
      { latitude: 0, longitude: 30 },
      { latitude: 1, longitude: 32 },
    ];
    const paper = paperOf(places);
    const [south, north] = places.map(paper.at) as [{ x: number; y: number }, { x: number; y: number }];
    expect(north.y).toBeLessThan(south.y);
    expect((north.x - south.x) / (south.y - north.y)).toBeCloseTo(2, 1);
    expect(paper.height).toBeLessThanOrEqual(400);
    expect(((north.x - south.x) / 100) * paper.km_per_100).toBeCloseTo(222.4, 0);
  });

  it('crosses the antimeridian in one piece', () => {
    const [from, to] = [
      { latitude: 0, longitude: 179.5 },
      { latitude: 0.5, longitude: -179.5 },
    ];
    const paper = paperOf([from, to]);
    expect(paper.at(to).x - paper.at(from).x).toBeCloseTo(552, 0);
  });

  it('has room where nothing moved, and none where nothing is', () => {
    expect(paperOf([{ latitude: 5, longitude: 5 }]).height).toBeGreaterThan(40);
    expect(drawing([], 600, 400)).toBeNull();
  });

  it('is planned as one line or several', () => {
    const line = [
      [39, -4],
      [38, -3],
    ];
    expect(planned({ geometry: { type: 'LineString', coordinates: line } })).toEqual([
      [
        { longitude: 39, latitude: -4 },
        { longitude: 38, latitude: -3 },
      ],
    ]);
    expect(planned({ geometry: { type: 'MultiLineString', coordinates: [line, line] } })).toHaveLength(2);
    expect(planned(null)).toEqual([]);
  });
});
