import { describe, expect, it } from 'vitest';
import { clock, compass, coordinates, duration, quantity, shortTime } from './format';

describe('duration', () => {
  it.each([
    [-5_000, '0 s'],
    [45_999, '45 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [11_400_000, '3 h 10 min'],
    [187_200_000, '2 d 4 h'],
  ])('%d ms is %s', (ms, text) => expect(duration(ms)).toBe(text));
});

describe('times', () => {
  const now = new Date('2026-11-24T14:04:05.000Z');
  it('shows the clock', () => expect(clock(now, 'utc')).toBe('14:04:05'));
  it('leaves out today', () => expect(shortTime(now, now, 'utc')).toBe('14:04:05'));
  it('names another day', () => {
    expect(shortTime(new Date('2026-11-23T09:12:00.000Z'), now, 'utc')).toBe('2026-11-23 09:12:00');
  });
});

describe('places and quantities', () => {
  it('names the hemispheres', () => {
    expect(coordinates(54.322718, -6.355705)).toBe('54.32272° N, 6.35571° W');
    expect(coordinates(-1.5, 30)).toBe('1.50000° S, 30.00000° E');
  });
  it('keeps the unit with its number', () => expect(quantity(3.456, '°C', 1)).toBe('3.5\u00a0°C'));
  it('finds the compass point', () => {
    expect(compass(118)).toBe('ESE');
    expect(compass(359)).toBe('N');
  });
});
