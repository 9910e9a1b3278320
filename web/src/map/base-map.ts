import {
  type CustomLayerInterface,
  Map as MapLibre,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import 'maplibre-gl/dist/maplibre-gl.css';
import './map.css';
import { styleOf } from './style';
import { mapTokens } from './tokens';

setWorkerUrl(workerUrl);

/** The bundled tiles are honest to about zoom 7; stretched to here a port is still told from its neighbour. */
const ZOOM_MAX = 10;

export interface BaseMapOptions {
  label: string;
  attribution: string;
  center: [number, number];
  zoom: number;
}

/** A map in the theme's colours with the controls that every map of ours has: flat, north up, one world. */
export async function baseMap(container: HTMLElement, options: BaseMapOptions): Promise<MapLibre> {
  // Labels are drawn from the page's font: what is not loaded now would be baked in as its fallback.
  await document.fonts.load('16px "Noto Sans"');
  const map = new MapLibre({
    container,
    style: styleOf(mapTokens(), location.origin),
    center: options.center,
    zoom: options.zoom,
    maxZoom: ZOOM_MAX,
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    renderWorldCopies: false,
    attributionControl: { compact: false, customAttribution: options.attribution },
    // The worker has no page to resolve addresses against.
    transformRequest: (url) => ({ url: new URL(url, location.origin).href }),
    fadeDuration: 0,
    canvasContextAttributes: { antialias: false },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), 'top-left');
  map.addControl(new ScaleControl({ unit: 'metric' }), 'bottom-left');
  const canvas = map.getCanvas();
  canvas.setAttribute('aria-label', options.label);
  return map;
}

/** Puts a layer of our own on the map, and again when the graphics card has been reset. */
export function keepLayer(map: MapLibre, layer: CustomLayerInterface): void {
  const add = () => {
    if (!map.getLayer(layer.id)) map.addLayer(layer);
  };
  add();
  map.on('webglcontextrestored', () => map.once('idle', add));
}

/** Puts the theme's colours on a map that is already there. */
export function repaint(map: MapLibre): void {
  const style = styleOf(mapTokens(), location.origin);
  for (const layer of style.layers) {
    for (const [name, value] of Object.entries(layer.paint ?? {})) {
      map.setPaintProperty(layer.id, name as never, value as never);
    }
  }
}

/** Reduced motion is respected: the map then jumps. */
export function moveTo(map: MapLibre, center: [number, number], zoom_min: number): void {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  map.easeTo({ center, zoom: Math.max(zoom_min, map.getZoom()), duration: still ? 0 : 600 });
}
