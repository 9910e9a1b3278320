import { expect, test } from 'vitest';
import { modelOf } from './model';

test('lists are split, and what was not typed is not made up', () => {
  const form = {
    name: 'jt701',
    manufacturer: ' Jointech ',
    class: 'active' as const,
    protocols: 'jointech, jt808,',
    sensors: 'rope, motor lock',
    bands: '',
    battery_chemistry: 'Li-ion',
    battery_mah: '',
    approval: '',
  };
  expect(modelOf(form)).toEqual({
    class: 'active',
    manufacturer: 'Jointech',
    protocols: ['jointech', 'jt808'],
    sensors: ['rope', 'motor lock'],
    bands: [],
    battery_chemistry: 'Li-ion',
    battery_mah: null,
    approval: '',
  });
  expect(modelOf({ ...form, battery_mah: '15000' }).battery_mah).toBe(15_000);
});
