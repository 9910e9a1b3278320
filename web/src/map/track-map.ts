import type { Feature } from 'geojson';
import { LngLatBounds, type GeoJSONSource, type Map as MapLibre } from 'maplibre-gl';
import { mercatorX, mercatorY } from '../domain/mercator';
import { baseMap, keepLayer, repaint, type BaseMapOptions } from './base-map';
import { DeviceLayer } from './device-layer';
import { DrawList } from './draw-list';
import { mapTokens } from './tokens';

export interface TrackMapInput {
  /** Longitude and latitude, oldest first. */
  points: [number, number][];
  /** Where the device is now, and the code of its condition. */
  here: { longitude: number; latitude: number; condition: number } | null;
  /** The place at the cursor of the plots. */
  cursor: [number, number] | null;
}

/** The way of one device, with the device at its end. */
export class TrackMap {
  readonly #map: MapLibre;
  readonly #layer = new DeviceLayer();

  static async create(container: HTMLElement, options: BaseMapOptions): Promise<TrackMap> {
    const map = await baseMap(container, options);
    await new Promise((resolve) => map.once('style.load', resolve));
    return new TrackMap(map);
  }

  private constructor(map: MapLibre) {
    this.#map = map;
    this.#layer.setTokens(mapTokens());
    keepLayer(map, this.#layer);
  }

  show({ points, here, cursor }: TrackMapInput): void {
    const features: Feature[] = [];
    if (points.length > 1) {
      features.push({
        type: 'Feature',
        properties: {},
        geometry: { type: 'LineString', coordinates: points },
      });
    }
    if (cursor) {
      features.push({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: cursor } });
    }
    this.#map.getSource<GeoJSONSource>('trail')?.setData({ type: 'FeatureCollection', features });
    this.#layer.setList(
      new DrawList(
        {
          length: here ? 1 : 0,
          x: Float32Array.of(here ? mercatorX(here.longitude) : 0),
          y: Float32Array.of(here ? mercatorY(here.latitude) : 0),
          condition: Uint8Array.of(here?.condition ?? 0),
        },
        { zoom: 8, selected: here ? 0 : undefined, waiting: new Set() },
      ),
    );
    this.#map.triggerRepaint();
  }

  /** Brings the whole way, or the device alone, into view. */
  fit({ points, here }: TrackMapInput): void {
    const bounds = new LngLatBounds();
    for (const point of points) bounds.extend(point);
    if (here) bounds.extend([here.longitude, here.latitude]);
    if (!bounds.isEmpty()) this.#map.fitBounds(bounds, { padding: 48, maxZoom: 7, duration: 0 });
  }

  repaint(): void {
    this.#layer.setTokens(mapTokens());
    repaint(this.#map);
  }

  remove(): void {
    this.#map.remove();
  }
}
