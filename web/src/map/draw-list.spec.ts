import { describe, expect, it } from 'vitest';
import { DrawList, FLOATS_PER_POINT } from './draw-list';
import { KIND } from './shaders';

function columns(points: [number, number, number][]) {
  return {
    length: points.length,
    x: Float32Array.from(points, ([x]) => x),
    y: Float32Array.from(points, ([, y]) => y),
    condition: Uint8Array.from(points, ([, , condition]) => condition),
  };
}

function kinds(list: DrawList): number[] {
  return Array.from({ length: list.count }, (_, point) => list.vertices[point * FLOATS_PER_POINT + 2] ?? -1);
}

const plain = { zoom: 6, selected: undefined, waiting: new Set<number>() };

describe('DrawList', () => {
  it('draws the worst last and leaves out what has no place', () => {
    const list = new DrawList(
      columns([
        [0.5, 0.5, 0],
        [0.5, 0.5, 5],
        [Number.NaN, Number.NaN, 0],
        [0.5, 0.5, 2],
      ]),
      plain,
    );
    expect(kinds(list)).toEqual([5, 2, 0]);
  });

  it('finds the worst first, however many lie on one spot', () => {
    const list = new DrawList(
      columns([
        [0.5, 0.5, 5],
        [0.5, 0.5, 0],
        [0.7, 0.5, 1],
      ]),
      plain,
    );
    expect(list.pick(0.5001, 0.5, 0.001)).toEqual([
      { type: 'device', slot: 1 },
      { type: 'device', slot: 0 },
    ]);
    expect(list.pick(0.6, 0.5, 0.001)).toEqual([]);
  });

  it('marks the selection and what waits without making them pickable', () => {
    const list = new DrawList(columns([[0.5, 0.5, 0]]), { zoom: 6, selected: 0, waiting: new Set([0]) });
    expect(kinds(list)).toEqual([KIND.waiting, 0, KIND.selection]);
    expect(list.pick(0.5, 0.5, 0.001)).toHaveLength(1);
  });

  it('bins a large fleet when zoomed out, but never an alarm', () => {
    const many = Array.from({ length: 3_000 }, (_, n): [number, number, number] => [
      0.5,
      0.5,
      n === 0 ? 0 : 5,
    ]);
    const list = new DrawList(columns(many), { ...plain, zoom: 2 });
    expect(kinds(list)).toEqual([KIND.bin, 0]);
    expect(list.pick(0.5, 0.5, 0.01)).toEqual([
      { type: 'device', slot: 0 },
      { type: 'bin', count: 2_999 },
    ]);
    expect(new DrawList(columns(many), plain).count).toBe(3_000);
  });
});
