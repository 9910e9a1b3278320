import type { MapLayerMouseEvent, MapMouseEvent, Map as MapLibre } from 'maplibre-gl';
import { latitudeOf, longitudeOf, mercatorX, mercatorY } from '../domain/mercator';
import { baseMap, keepLayer, moveTo, repaint, type BaseMapOptions } from './base-map';
import { DeviceLayer } from './device-layer';
import { DrawList, type Pick, type PointColumns } from './draw-list';
import { mapTokens } from './tokens';

const TILE_PX = 512;
const HIT_PX = 11;
/** A device is shown at least this near when the map goes to it. */
const FOCUS_ZOOM = 5.5;
const FIT_PADDING_PX = 60;
const FIT_ZOOM_MAX = 6;

export interface FleetMapEvents {
  /** What lies under the pointer, worst first; empty when it is nothing. */
  hover(picks: Pick[], point: { x: number; y: number }): void;
  click(picks: Pick[], point: { x: number; y: number }, longitude: number, latitude: number): void;
  moved(longitude: number, latitude: number, zoom: number): void;
}

export interface FleetMapInput {
  columns: PointColumns;
  selected: number | undefined;
  waiting: ReadonlySet<number>;
  stale: boolean;
}

/** The map of the control room: the base map, the devices on it, and what the pointer finds. */
export class FleetMap {
  readonly #map: MapLibre;
  readonly #layer = new DeviceLayer();
  readonly #events: FleetMapEvents;
  #input: FleetMapInput | null = null;
  #list: DrawList | null = null;
  #listZoom = -1;
  #frame = 0;

  static async create(
    container: HTMLElement,
    options: BaseMapOptions,
    events: FleetMapEvents,
  ): Promise<FleetMap> {
    const map = await baseMap(container, options);
    await new Promise((resolve) => map.once('style.load', resolve));
    return new FleetMap(map, events);
  }

  private constructor(map: MapLibre, events: FleetMapEvents) {
    this.#map = map;
    this.#events = events;
    this.#layer.setTokens(mapTokens());
    keepLayer(map, this.#layer);
    map.on('zoom', () => {
      if (this.#input && Math.floor(map.getZoom()) !== this.#listZoom) this.show(this.#input);
    });
    map.on('moveend', () => {
      const { lng, lat } = map.getCenter();
      events.moved(lng, lat, map.getZoom());
    });
    map.on('movestart', () => events.hover([], { x: 0, y: 0 }));
    map.on('mousemove', (event) => this.#hover(event));
    map.on('mouseout', () => events.hover([], { x: 0, y: 0 }));
    map.on('click', (event) => this.#click(event));
  }

  show(input: FleetMapInput): void {
    this.#input = input;
    this.#listZoom = Math.floor(this.#map.getZoom());
    this.#list = new DrawList(input.columns, {
      zoom: this.#map.getZoom(),
      selected: input.selected,
      waiting: input.waiting,
    });
    this.#layer.setList(this.#list);
    this.#layer.setStale(input.stale);
    this.#map.triggerRepaint();
  }

  /** The theme has changed. */
  repaint(): void {
    this.#layer.setTokens(mapTokens());
    repaint(this.#map);
  }

  /** Brings every device into view. */
  fit(): void {
    const { columns } = this.#input ?? { columns: null };
    if (!columns) return;
    let [west, south, east, north] = [1, 0, 0, 1];
    for (let slot = 0; slot < columns.length; slot += 1) {
      const [x, y] = [columns.x[slot] ?? Number.NaN, columns.y[slot] ?? Number.NaN];
      if (Number.isNaN(x) || Number.isNaN(y)) continue;
      [west, east] = [Math.min(west, x), Math.max(east, x)];
      [north, south] = [Math.min(north, y), Math.max(south, y)];
    }
    if (west > east) return;
    this.#map.fitBounds(
      [
        [longitudeOf(west), latitudeOf(south)],
        [longitudeOf(east), latitudeOf(north)],
      ],
      { padding: FIT_PADDING_PX, maxZoom: FIT_ZOOM_MAX, duration: 0 },
    );
  }

  goTo(slot: number): void {
    const [x, y] = [this.#input?.columns.x[slot] ?? Number.NaN, this.#input?.columns.y[slot] ?? Number.NaN];
    if (!Number.isNaN(x)) moveTo(this.#map, [longitudeOf(x), latitudeOf(y)], FOCUS_ZOOM);
  }

  goNearer(longitude: number, latitude: number): void {
    moveTo(this.#map, [longitude, latitude], this.#map.getZoom() + 2);
  }

  remove(): void {
    cancelAnimationFrame(this.#frame);
    this.#map.remove();
  }

  #picks(event: MapMouseEvent | MapLayerMouseEvent): Pick[] {
    const radius = HIT_PX / (TILE_PX * 2 ** this.#map.getZoom());
    return this.#list?.pick(mercatorX(event.lngLat.lng), mercatorY(event.lngLat.lat), radius) ?? [];
  }

  /** At most once a frame, whatever the mouse does. */
  #hover(event: MapMouseEvent): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      const picks = this.#picks(event);
      this.#map.getCanvas().style.cursor = picks.length > 0 ? 'pointer' : '';
      this.#events.hover(picks, event.point);
    });
  }

  #click(event: MapMouseEvent): void {
    this.#events.click(this.#picks(event), event.point, event.lngLat.lng, event.lngLat.lat);
  }
}
