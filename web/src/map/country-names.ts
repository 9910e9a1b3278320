import type { ExpressionSpecification } from 'maplibre-gl';

/** Natural Earth gives these no two-letter code although ISO 3166 does. */
const UNCODED: Record<string, string> = { FRA: 'FR', NOR: 'NO' };

/**
 * Names of countries in the page's language, from the browser itself: every two-letter code it knows.
 * A territory without a code of ISO 3166 gets no label.
 */
export function countryName(language: string): ExpressionSpecification {
  const names = new Intl.DisplayNames(language, { type: 'region', fallback: 'none' });
  const pairs: string[] = [];
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  for (const first of letters) {
    for (const second of letters) {
      const name = names.of(first + second);
      if (name) pairs.push(first + second, name);
    }
  }
  const uncoded = Object.entries(UNCODED).flatMap(([a3, code]) => [a3, names.of(code) ?? '']);
  return [
    'match',
    ['get', 'cc'],
    ...pairs,
    ['match', ['get', 'a3'], ...uncoded, ''],
  ] as unknown as ExpressionSpecification;
}
