import { expect, test } from 'vitest';
import { words } from '../../i18n';
import { fieldsOf, told } from './steps';

test('every step that has a name has a form', () => {
  for (const step of Object.keys(words.cases.steps)) expect(fieldsOf(step), step).not.toBeNull();
  expect(fieldsOf('fly')).toBeNull();
});

test('choices are told in words, and nothing that is empty', () => {
  expect(told({ outcome: 'excused', note: 'bridge closed', evidence: '' })).toBe(
    'Excused, with evidence · bridge closed',
  );
  expect(told({ level: '1' })).toBe('to the shift leader');
});
