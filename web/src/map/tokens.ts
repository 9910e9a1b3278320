/** The colours of a map, read from the theme's custom properties: one place for all colours, `app.css`. */
export interface MapTokens {
  shelf: string;
  sea: string;
  deep: string;
  land: string;
  urban: string;
  lake: string;
  river: string;
  border: string;
  region: string;
  countryLabel: string;
  placeLabel: string;
  marineLabel: string;
  halo: string;
  trail: string;
  outline: string;
  selection: string;
  /** In the order of `CONDITIONS`. */
  conditions: string[];
}

export function mapTokens(element: Element = document.documentElement): MapTokens {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(name).trim() || '#808080';
  return {
    shelf: token('--map-shelf'),
    sea: token('--map-sea'),
    deep: token('--map-deep'),
    land: token('--map-land'),
    urban: token('--map-urban'),
    lake: token('--map-lake'),
    river: token('--map-river'),
    border: token('--map-border'),
    region: token('--map-region'),
    countryLabel: token('--map-country-label'),
    placeLabel: token('--map-place-label'),
    marineLabel: token('--map-marine-label'),
    halo: token('--map-halo'),
    trail: token('--map-trail'),
    outline: token('--map-outline'),
    selection: token('--text'),
    conditions: ['critical', 'high', 'medium', 'low', 'silent', 'normal'].map((name) => token(`--${name}`)),
  };
}

/** `#rrggbb`, or `#rgb` as a minifier writes it, as four numbers from 0 to 1. */
export function rgba(colour: string, alpha = 1): [number, number, number, number] {
  const digits = colour.slice(1);
  const long = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits;
  const value = Number.parseInt(long.slice(0, 6), 16);
  return [((value >> 16) & 255) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255, alpha];
}
