import { describe, expect, it } from 'vitest';
import { rgba } from './tokens';

describe('colours for the graphics card', () => {
  it('come from the long and the short form', () => {
    expect(rgba('#ff0000', 0.5)).toEqual([1, 0, 0, 0.5]);
    expect(rgba('#fff')).toEqual([1, 1, 1, 1]);
    expect(rgba('#1a1f27e6')[0]).toBeCloseTo(0x1a / 255);
  });
});
