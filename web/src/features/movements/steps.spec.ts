import { expect, test } from 'vitest';
import { words } from '../../i18n';
import { body, missing } from '../common/fields';
import { fieldsFor, fieldsOf, isGrave } from './steps';

test('every step that has a name has a form', () => {
  for (const step of Object.keys(words.movements.steps)) expect(fieldsOf(step), step).not.toBeNull();
  expect(fieldsOf('fly')).toBeNull();
});

test('what is needed and empty is named', () => {
  const fields = fieldsOf('arm') ?? [];
  expect(missing(fields, { unit: 'CSQU3054383', device: ' ' })).toEqual([words.movements.fields.device]);
  expect(missing(fields, { unit: 'a', device: 'b' })).toEqual([]);
});

test('times are sent in UTC, empty texts not at all', () => {
  expect(body(fieldsOf('extend') ?? [], { limit: '2026-12-01T18:00', reason: ' bridge ' })).toEqual({
    limit: '2026-12-01T18:00:00Z',
    reason: 'bridge',
  });
  expect(body(fieldsOf('accept') ?? [], { mrn: ' ' })).toEqual({});
});

test('what ends a movement is grave', () => {
  expect(['cancel', 'recover', 'discharge', 'arm'].map(isGrave)).toEqual([true, true, false, false]);
});

test('what a movement has is offered', () => {
  const fields = fieldsFor('reseal', { units: ['CSQU3054383'], seals: [] });
  expect(fields.map(({ name, choices }) => [name, choices])).toEqual([
    ['unit', [['CSQU3054383', 'CSQU3054383']]],
    ['old', []],
    ['new', undefined],
    ['device', undefined],
  ]);
});
