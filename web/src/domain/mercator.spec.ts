import { describe, expect, it } from 'vitest';
import { latitudeOf, longitudeOf, mercatorX, mercatorY } from './mercator';

describe('web mercator', () => {
  it('has the middle of the world in its middle', () => {
    expect(mercatorX(0)).toBe(0.5);
    expect(mercatorY(0)).toBeCloseTo(0.5);
    expect(mercatorY(85.051129)).toBeCloseTo(0, 6);
  });

  it('comes back to where it began', () => {
    expect(longitudeOf(mercatorX(43.06))).toBeCloseTo(43.06, 9);
    expect(latitudeOf(mercatorY(-11.41))).toBeCloseTo(-11.41, 9);
  });
});
