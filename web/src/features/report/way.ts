import type { RouteFeature, TripReport } from '../../api/types';

export interface Place {
  latitude: number;
  longitude: number;
}

export interface Passed extends Place {
  at: string;
}

/** The way it went: the current fixes of all its devices, in the order in which they happened. */
export function passed(report: TripReport): Passed[] {
  const places: Passed[] = [];
  for (const fact of report.record) {
    for (const event of fact.events ?? []) {
      const { position } = event;
      if (position === null || position.fix === 'stale') continue;
      places.push({ ...position, at: event.occurred_at ?? fact.at ?? '' });
    }
  }
  return places.sort((one, other) => one.at.localeCompare(other.at));
}

/** The way it was to go: one line, or several. */
export function planned(route: RouteFeature | null): Place[][] {
  const coordinates = route?.geometry?.coordinates;
  if (!Array.isArray(coordinates)) return [];
  const lines = route?.geometry?.type === 'MultiLineString' ? (coordinates as unknown[]) : [coordinates];
  return lines.map((line) =>
    (line as [number, number][]).map(([longitude, latitude]) => ({ latitude, longitude })),
  );
}

export interface Drawing {
  width: number;
  height: number;
  /** Where a place is on it. */
  at: (place: Place) => { x: number; y: number };
  /** Kilometres that a hundred units are wide. */
  km_per_100: number;
}

const MARGIN = 24;
const DEGREE_KM = 111.2;

/** Paper for places: as large as they need within `width` and `height_max`, north up; null where there is none. */
export function drawing(places: Place[], width: number, height_max: number): Drawing | null {
  const first = places[0];
  if (first === undefined) return null;
  // A way over the antimeridian is drawn on one side of it.
  const east = (longitude: number) => ((longitude - first.longitude + 540) % 360) - 180;
  const xs = places.map(({ longitude }) => east(longitude));
  const ys = places.map(({ latitude }) => latitude);
  const [west_most, east_most] = [Math.min(...xs), Math.max(...xs)];
  const [south_most, north_most] = [Math.min(...ys), Math.max(...ys)];
  const squeeze = Math.max(Math.cos((((south_most + north_most) / 2) * Math.PI) / 180), 0.05);
  // Where nothing moved there is a kilometre around it.
  const wide = Math.max((east_most - west_most) * squeeze, 0.01);
  const high = Math.max(north_most - south_most, 0.01);
  const scale = Math.min((width - 2 * MARGIN) / wide, (height_max - 2 * MARGIN) / high);
  const height = Math.round(high * scale + 2 * MARGIN);
  const left = (width - (east_most - west_most) * squeeze * scale) / 2;
  const top = (height - (north_most - south_most) * scale) / 2;
  return {
    width,
    height,
    at: ({ latitude, longitude }) => ({
      x: left + (east(longitude) - west_most) * squeeze * scale,
      y: top + (north_most - latitude) * scale,
    }),
    km_per_100: (100 / scale) * DEGREE_KM,
  };
}
