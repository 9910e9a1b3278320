import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { countryName } from './country-names';
import type { MapTokens } from './tokens';

const FONT = ['Noto Sans', 'sans-serif'];

type Layer = LayerSpecification;

function fill(id: string, color: string): Layer {
  return { id, type: 'fill', source: 'base', 'source-layer': id, paint: { 'fill-color': color } };
}

/** The base map and the trail, in the theme's colours. Between themes only `paint` differs. */
export function styleOf(tokens: MapTokens, origin: string): StyleSpecification {
  return {
    version: 8,
    sources: {
      base: { type: 'vector', url: `${origin}/tiles.json` },
      trail: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
    },
    layers: [
      { id: 'background', type: 'background', paint: { 'background-color': tokens.shelf } },
      fill('bathy200', tokens.sea),
      fill('bathy2000', tokens.deep),
      fill('land', tokens.land),
      { ...fill('urban', tokens.urban), minzoom: 4 } as Layer,
      fill('lakes', tokens.lake),
      ...lines(tokens),
      ...trail(tokens),
      ...labels(tokens),
    ],
  };
}

function lines(tokens: MapTokens): Layer[] {
  const base = { type: 'line', source: 'base' } as const;
  const solid = ['==', ['get', 'c'], 'International boundary (verify)'];
  return [
    {
      ...base,
      id: 'rivers',
      'source-layer': 'rivers',
      minzoom: 3,
      paint: {
        'line-color': tokens.river,
        'line-width': ['interpolate', ['linear'], ['zoom'], 3, 0.4, 8, 1.6],
      },
    },
    {
      ...base,
      id: 'admin1',
      'source-layer': 'admin1',
      minzoom: 4,
      paint: { 'line-color': tokens.region, 'line-width': 0.7, 'line-dasharray': [4, 3] },
    },
    {
      ...base,
      id: 'borders',
      'source-layer': 'borders',
      filter: solid as never,
      paint: {
        'line-color': tokens.border,
        'line-width': ['interpolate', ['linear'], ['zoom'], 1, 0.6, 7, 1.4],
      },
    },
    {
      ...base,
      id: 'borders-unsettled',
      'source-layer': 'borders',
      filter: ['!', solid] as never,
      paint: { 'line-color': tokens.border, 'line-width': 1, 'line-dasharray': [3, 2] },
    },
    {
      ...base,
      id: 'disputed',
      'source-layer': 'disputed',
      paint: { 'line-color': tokens.border, 'line-width': 0.9, 'line-dasharray': [2, 3] },
    },
  ];
}

function trail(tokens: MapTokens): Layer[] {
  return [
    {
      id: 'trail',
      type: 'line',
      source: 'trail',
      filter: ['==', ['geometry-type'], 'LineString'],
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': tokens.trail, 'line-width': 2.5 },
    },
    {
      id: 'trail-points',
      type: 'circle',
      source: 'trail',
      filter: ['==', ['geometry-type'], 'Point'],
      paint: {
        'circle-color': tokens.land,
        'circle-stroke-color': tokens.trail,
        'circle-stroke-width': 2,
        'circle-radius': 5,
      },
    },
  ];
}

function labels(tokens: MapTokens): Layer[] {
  const halo = { 'text-halo-color': tokens.halo, 'text-halo-width': 1.4 };
  const base = { type: 'symbol', source: 'base' } as const;
  return [
    {
      ...base,
      id: 'marine',
      'source-layer': 'marine',
      minzoom: 2,
      layout: {
        'text-field': ['get', 'n'],
        'text-font': FONT,
        'text-size': ['interpolate', ['linear'], ['zoom'], 2, 10.5, 6, 13],
        'text-letter-spacing': 0.14,
        'text-max-width': 6,
      },
      paint: { 'text-color': tokens.marineLabel, 'text-halo-color': tokens.sea, 'text-halo-width': 0.8 },
    },
    {
      ...base,
      id: 'places',
      'source-layer': 'places',
      minzoom: 4,
      layout: {
        'text-field': ['coalesce', ['get', 'en'], ['get', 'n']],
        'text-font': FONT,
        'text-size': ['interpolate', ['linear'], ['zoom'], 4, 11, 8, 14],
        'text-variable-anchor': ['top', 'bottom', 'left', 'right'],
        'text-radial-offset': 0.4,
        'symbol-sort-key': ['get', 'r'],
      },
      paint: { 'text-color': tokens.placeLabel, ...halo },
    },
    {
      ...base,
      id: 'countries',
      'source-layer': 'countries',
      maxzoom: 8,
      layout: {
        'text-field': countryName('en'),
        'text-font': FONT,
        'text-size': ['interpolate', ['linear'], ['zoom'], 1, 9.5, 4, 12.5, 7, 16],
        'text-transform': 'uppercase',
        'text-letter-spacing': 0.06,
        'text-max-width': 7,
        'symbol-sort-key': ['-', 0, ['get', 'a']],
      },
      paint: { 'text-color': tokens.countryLabel, ...halo },
    },
  ];
}
