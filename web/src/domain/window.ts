/** Spans of time that a page offers, in the order shown. */
export const SPANS = ['24h', '7d', '30d', 'all', 'custom'] as const;
export type Span = (typeof SPANS)[number];

const HOUR_MS = 3_600_000;
const SPAN_MS: Record<Exclude<Span, 'all' | 'custom'>, number> = {
  '24h': 24 * HOUR_MS,
  '7d': 7 * 24 * HOUR_MS,
  '30d': 30 * 24 * HOUR_MS,
};

export interface Window {
  from: string | null;
  to: string | null;
}

export function spanOf(text: string | null): Span {
  return SPANS.find((span) => span === text) ?? '24h';
}

/** The window of time that the URL asks for; a wrong time counts as none. */
export function windowOf(span: Span, from: string | null, to: string | null, now: Date): Window {
  if (span === 'all') return { from: null, to: null };
  if (span === 'custom') return { from: instant(from), to: instant(to) };
  return { from: new Date(now.getTime() - SPAN_MS[span]).toISOString(), to: null };
}

function instant(text: string | null): string | null {
  if (text === null || text === '') return null;
  const at = new Date(text.endsWith('Z') ? text : `${text}Z`);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
