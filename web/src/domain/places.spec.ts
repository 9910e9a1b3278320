import { describe, expect, it } from 'vitest';
import { draftOf, drawn, enough, featureOf, type PlaceFeature, readPoints, writePoints } from './places';

describe('points', () => {
  it('are read as people write them and written back', () => {
    const { points, wrong } = readPoints('0.63, 34.30\n\n -1.2921 36.8219 \n');
    expect([points, wrong]).toEqual([
      [
        [34.3, 0.63],
        [36.8219, -1.2921],
      ],
      null,
    ]);
    expect(readPoints(writePoints(points)).points).toEqual(points);
  });

  it('name the line that cannot be read', () => {
    for (const text of ['0.63, 34.3\nMalaba', '0.63, 34.3\n95, 10', '1 2\n1 2 3', '1 2\n4'])
      expect(readPoints(text).wrong).toBe(2);
  });
});

describe('what is drawn', () => {
  const draft = { id: 'a', name: '', kind: 'stop', metres: 500, points: [[34.3, 0.63]] } as const;

  it('becomes a circle, an area or a route, and can be changed again', () => {
    const triangle = [
      [0, 0],
      [1, 0],
      [1, 1],
    ];
    for (const [kind, points, type] of [
      ['stop', [[34.3, 0.63]], 'Point'],
      ['gap', triangle, 'Polygon'],
      ['route', triangle, 'LineString'],
    ] as const) {
      const made = featureOf({ ...draft, kind, points: [...points].map((point) => [...point]) });
      expect(made?.geometry.type).toBe(type);
      expect(made && draftOf(made)?.points).toEqual(points);
      expect(made?.properties.name).toBe('a');
    }
    expect([enough('route', 1), enough('gap', 2), enough('gap', 1)]).toEqual([false, false, true]);
    expect(featureOf({ ...draft, kind: 'route', points: [[34.3, 0.63]] })).toBeNull();
  });

  it('shows a circle round at its latitude', () => {
    const feature = featureOf({ ...draft, metres: 111_195, points: [[10, 60]] }) as PlaceFeature;
    const shown = drawn(feature).geometry;
    if (shown.type !== 'Polygon') throw new Error(shown.type);
    expect(shown.coordinates[0]?.[0]?.[0]).toBeCloseTo(12, 5);
    expect(shown.coordinates[0]?.[16]?.[1]).toBeCloseTo(61, 5);
  });

  it('leaves a place of several rings to files', () => {
    const ring = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 0],
    ];
    const feature: PlaceFeature = {
      type: 'Feature',
      id: 'a',
      properties: { kind: 'gap', name: 'a' },
      geometry: { type: 'MultiPolygon', coordinates: [[ring], [ring]] },
    };
    expect(draftOf(feature)).toBeNull();
  });
});
