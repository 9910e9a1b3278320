import type { Feature, Position } from 'geojson';
import {
  type ExpressionSpecification,
  type GeoJSONSource,
  LngLatBounds,
  type LayerSpecification,
  type Map as MapLibre,
} from 'maplibre-gl';
import { drawn, type PlaceFeature, positions } from '../domain/places';
import { baseMap, repaint, type BaseMapOptions } from './base-map';
import { type MapTokens, mapTokens } from './tokens';

const SOURCE = 'zones';
const FONT = ['Noto Sans', 'sans-serif'];

export interface PlacesMapInput {
  places: PlaceFeature[];
  /** The place that is looked at or drawn. */
  chosen: PlaceFeature | null;
  /** The points that were drawn so far. */
  points: Position[];
}

/** Places and routes over the base map; a click says where. */
export class PlacesMap {
  readonly #map: MapLibre;

  static async create(
    container: HTMLElement,
    options: BaseMapOptions,
    onclick: (longitude: number, latitude: number) => void,
  ): Promise<PlacesMap> {
    const map = await baseMap(container, options);
    await new Promise((resolve) => map.once('style.load', resolve));
    map.addSource(SOURCE, { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
    for (const layer of layers(mapTokens())) map.addLayer(layer);
    map.on('click', ({ lngLat }) => onclick(lngLat.wrap().lng, lngLat.lat));
    return new PlacesMap(map);
  }

  private constructor(map: MapLibre) {
    this.#map = map;
  }

  show({ places, chosen, points }: PlacesMapInput): void {
    const shown = places.filter(({ id }) => id !== chosen?.id).map(drawn);
    if (chosen) {
      const feature = drawn(chosen);
      shown.push({ ...feature, properties: { ...feature.properties, chosen: true } });
    }
    this.#map.getSource<GeoJSONSource>(SOURCE)?.setData({ type: 'FeatureCollection', features: shown });
    const marks = points.map((point): Feature => {
      return { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: point } };
    });
    this.#map.getSource<GeoJSONSource>('trail')?.setData({ type: 'FeatureCollection', features: marks });
  }

  fit(places: PlaceFeature[]): void {
    const bounds = new LngLatBounds();
    for (const place of places) {
      const shape = drawn(place).geometry;
      for (const [longitude = 0, latitude = 0] of positions(shape)) bounds.extend([longitude, latitude]);
    }
    if (!bounds.isEmpty()) this.#map.fitBounds(bounds, { padding: 56, maxZoom: 9, duration: 0 });
  }

  repaint(): void {
    repaint(this.#map);
    for (const { id, paint } of layers(mapTokens())) {
      for (const [name, value] of Object.entries(paint ?? {})) {
        this.#map.setPaintProperty(id, name as never, value as never);
      }
    }
  }

  remove(): void {
    this.#map.remove();
  }
}

/** Kinds are told by their label too: colour alone is not enough. */
function layers(tokens: MapTokens): LayerSpecification[] {
  const [critical = '', high = '', , low = '', silent = '', normal = ''] = tokens.conditions;
  const colour = [
    'match',
    ['get', 'kind'],
    'restricted',
    critical,
    'gap',
    silent,
    'checkpoint',
    high,
    'office',
    low,
    'route',
    tokens.trail,
    normal,
  ] as unknown as ExpressionSpecification;
  const chosen = ['boolean', ['get', 'chosen'], false] as unknown as ExpressionSpecification;
  const route = ['==', ['get', 'kind'], 'route'] as never;
  const width = (scale: number) => ['max', 2, ['*', ['get', 'px0'], scale]];
  return [
    {
      id: 'zone-fill',
      type: 'fill',
      source: SOURCE,
      filter: ['!', route] as never,
      paint: { 'fill-color': colour, 'fill-opacity': ['case', chosen, 0.4, 0.2] },
    },
    {
      id: 'zone-corridor',
      type: 'line',
      source: SOURCE,
      filter: route,
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': colour,
        'line-opacity': 0.28,
        'line-width': [
          'interpolate',
          ['exponential', 2],
          ['zoom'],
          0,
          width(1),
          12,
          width(4096),
        ] as unknown as ExpressionSpecification,
      },
    },
    {
      id: 'zone-line',
      type: 'line',
      source: SOURCE,
      paint: { 'line-color': colour, 'line-width': ['case', chosen, 3, 1.5] },
    },
    {
      id: 'zone-label',
      type: 'symbol',
      source: SOURCE,
      layout: {
        'text-field': ['get', 'name'],
        'text-font': FONT,
        'text-size': 12,
        'text-variable-anchor': ['center', 'top', 'bottom'],
      },
      paint: { 'text-color': tokens.placeLabel, 'text-halo-color': tokens.halo, 'text-halo-width': 1.4 },
    },
  ];
}
