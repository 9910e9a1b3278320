import { expect, test } from 'vitest';
import { words } from '../../i18n';
import { body, missing } from '../common/fields';
import { fieldsFor, fieldsOf, hasObject, isGrave } from './steps';

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
  const fields = fieldsFor('reseal', { units: ['CSQU3054383'], seals: [], openings: [], links: [] });
  expect(fields.map(({ name, choices }) => [name, choices])).toEqual([
    ['unit', [['CSQU3054383', 'CSQU3054383']]],
    ['old', []],
    ['new', undefined],
    ['device', undefined],
  ]);
});

test('an opening is agreed to while it is asked for, and taken back until it is over', () => {
  const opening = (number: number, state: string) => ({ number, state, seal: 'A', reason: 'why' });
  const movement = {
    units: [],
    seals: [],
    openings: [opening(1, 'granted'), opening(2, 'asked')],
    links: [],
  };
  const offered = (step: string) =>
    fieldsFor(step, movement as never).find(({ name }) => name === 'opening')?.choices;
  expect(offered('confirm-opening')).toEqual([['2', '2: A, why']]);
  expect(offered('withdraw-opening')?.length).toBe(2);
  expect(hasObject('confirm-opening', { openings: [], links: [] })).toBe(false);
  expect(hasObject('withdraw-opening', movement as never)).toBe(true);
  expect(hasObject('depart', { openings: [], links: [] })).toBe(true);
});

test('a link is taken back once', () => {
  const link = (number: number, good: boolean) => ({ number, good, audience: 'driver', given_by: 'ann' });
  const movement = { units: [], seals: [], openings: [], links: [link(1, false), link(2, true)] };
  const offered = fieldsFor('withdraw-link', movement as never).find(({ name }) => name === 'link')?.choices;
  expect(offered).toEqual([['2', '2: The driver, ann']]);
  expect(hasObject('withdraw-link', movement as never)).toBe(true);
  expect(hasObject('withdraw-link', { openings: [], links: [] })).toBe(false);
});
