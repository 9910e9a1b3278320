import { describe, expect, it } from 'vitest';
import { spanOf, windowOf } from './window';

const now = new Date('2026-11-24T12:00:00.000Z');

describe('the window of time', () => {
  it('counts back from now', () => {
    expect(windowOf('24h', null, null, now)).toEqual({ from: '2026-11-23T12:00:00.000Z', to: null });
  });
  it('reads typed times as UTC', () => {
    expect(windowOf('custom', '2026-11-20T10:00', '', now)).toEqual({
      from: '2026-11-20T10:00:00.000Z',
      to: null,
    });
  });
  it('takes nonsense for no limit', () => {
    expect(windowOf('custom', 'yesterday', null, now).from).toBeNull();
    expect(spanOf('3 weeks')).toBe('24h');
  });
});
