import { describe, expect, it } from 'vitest';
import { bytesOf, fieldAt, rowsOf } from './hex';

describe('hex', () => {
  it('reads bytes', () => expect([...bytesOf('24ff0a')]).toEqual([0x24, 0xff, 0x0a]));

  it('lays out rows with offsets and characters', () => {
    const rows = rowsOf(bytesOf('2441007e'), 3);
    expect(rows.map((row) => row.offset)).toEqual([0, 3]);
    expect(rows[0]?.bytes.map((byte) => byte.character).join('')).toBe('$A·');
    expect(rows[1]?.bytes[0]).toEqual({ offset: 3, hex: '7E', character: '~' });
  });

  it('finds the innermost field of a byte', () => {
    const word = { offset: 4, length: 2, name: 'status' };
    const bit = { offset: 5, length: 1, name: 'rope cut' };
    expect(fieldAt([word, bit], 5)).toBe(bit);
    expect(fieldAt([word, bit], 4)).toBe(word);
    expect(fieldAt([word, bit], 9)).toBeNull();
  });
});
