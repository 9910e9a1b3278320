import type { Feature, Geometry, Position } from 'geojson';

export const PLACE_KINDS = ['route', 'office', 'checkpoint', 'stop', 'restricted', 'gap'] as const;
export type PlaceKind = (typeof PLACE_KINDS)[number];

/** A place as the platform has it: a circle is a Point with a radius, a route a LineString with a width. */
export interface PlaceFeature {
  type: 'Feature';
  id: string;
  properties: { kind: PlaceKind; name: string; radius_m?: number; width_m?: number };
  geometry: Geometry;
}

export interface PlaceCollection {
  type: 'FeatureCollection';
  version: number;
  features: PlaceFeature[];
}

const DEGREE_M = 111_195;
const CIRCLE_CORNERS = 64;
/** Metres of a pixel at zoom 0 on the equator, tiles of 512 px. */
const PIXEL_M = 78_271.517;
/** Nearer to a pole than this the map does not show anything. */
const LATITUDE_MAX = 85;

/** A place as the map draws it: circles as polygons, routes with their width in pixels at zoom 0. */
export function drawn(place: PlaceFeature): Feature {
  const { geometry, properties, id } = place;
  const told = { id, kind: properties.kind, name: properties.name, px0: 0 };
  if (geometry.type === 'Point') {
    const [longitude = 0, latitude = 0] = geometry.coordinates;
    const high = (properties.radius_m ?? 0) / DEGREE_M;
    const wide = high / Math.cos((Math.min(Math.abs(latitude), LATITUDE_MAX) * Math.PI) / 180);
    const ring = Array.from({ length: CIRCLE_CORNERS + 1 }, (_, corner): Position => {
      const angle = (2 * Math.PI * corner) / CIRCLE_CORNERS;
      return [longitude + wide * Math.cos(angle), latitude + high * Math.sin(angle)];
    });
    return { type: 'Feature', properties: told, geometry: { type: 'Polygon', coordinates: [ring] } };
  }
  if (geometry.type === 'LineString') {
    const latitude = geometry.coordinates[0]?.[1] ?? 0;
    told.px0 = (properties.width_m ?? 0) / (PIXEL_M * Math.cos((latitude * Math.PI) / 180));
  }
  return { type: 'Feature', properties: told, geometry };
}

/** All positions of a geometry. */
export function positions(geometry: Geometry): Position[] {
  if (geometry.type === 'Point') return [geometry.coordinates];
  if (geometry.type === 'LineString') return geometry.coordinates;
  if (geometry.type === 'Polygon') return geometry.coordinates.flat();
  if (geometry.type === 'MultiPolygon') return geometry.coordinates.flat(2);
  return [];
}

/** Points as people write them: latitude and longitude on a line each. The first line that cannot be read, from 1. */
export function readPoints(text: string): { points: Position[]; wrong: number | null } {
  const points: Position[] = [];
  const lines = text.split('\n');
  for (const [place, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const [latitude, longitude, ...more] = line
      .trim()
      .split(/[\s,;]+/)
      .map(Number);
    const good =
      latitude !== undefined &&
      longitude !== undefined &&
      more.length === 0 &&
      Math.abs(latitude) <= 90 &&
      Math.abs(longitude) <= 180;
    if (!good) return { points, wrong: place + 1 };
    points.push([longitude, latitude]);
  }
  return { points, wrong: null };
}

/** Points on a line each, latitude first. */
export function writePoints(points: Position[]): string {
  return points
    .map(([longitude = 0, latitude = 0]) => `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`)
    .join('\n');
}

export interface Draft {
  id: string;
  name: string;
  kind: PlaceKind;
  metres: number;
  points: Position[];
}

/** How many points a place of a kind needs: a route two, another one for a circle or three for an area. */
export function enough(kind: PlaceKind, count: number): boolean {
  return kind === 'route' ? count >= 2 : count === 1 || count >= 3;
}

/** The feature of what was drawn; null while points are missing. */
export function featureOf({ id, name, kind, metres, points }: Draft): PlaceFeature | null {
  if (!enough(kind, points.length)) return null;
  const place = (geometry: Geometry, more: object): PlaceFeature => ({
    type: 'Feature',
    id,
    properties: { kind, name: name || id, ...more },
    geometry,
  });
  if (kind === 'route') return place({ type: 'LineString', coordinates: points }, { width_m: metres });
  const [first] = points;
  if (first && points.length === 1) return place({ type: 'Point', coordinates: first }, { radius_m: metres });
  const ring = first ? [...points, first] : points;
  return place({ type: 'Polygon', coordinates: [ring] }, {});
}

/** What was drawn of a place, to be changed; null where it has more than one ring. */
export function draftOf({ id, properties, geometry }: PlaceFeature): Draft | null {
  const rings =
    geometry.type === 'MultiPolygon'
      ? geometry.coordinates.flat()
      : geometry.type === 'Polygon'
        ? geometry.coordinates
        : [];
  if (rings.length > 1) return null;
  const points = rings[0] ? rings[0].slice(0, -1) : positions(geometry);
  const metres = properties.radius_m ?? properties.width_m ?? 1000;
  return { id, name: properties.name, kind: properties.kind, metres, points };
}
