import { words } from '../../i18n';
import type { Choice, Field } from '../common/fields';

const f = words.cases.fields;
const note: Field = { name: 'note', label: f.note, kind: 'words' };
const needed: Field = { ...note, needed: true };
const to: Field = { name: 'to', label: f.to, needed: true };
const actions: Choice[] = Object.entries(words.cases.actions);
const outcomes: Choice[] = Object.entries(words.cases.outcomes);

const STEPS: Record<string, Field[]> = {
  acknowledge: [note],
  assign: [to, note],
  assess: [{ name: 'action', label: f.action, needed: true, choices: actions }, note],
  dispatch: [{ name: 'unit', label: f.unit, needed: true }, note],
  'on-scene': [note],
  note: [needed],
  shelve: [
    { name: 'until', label: f.until, needed: true, kind: 'time' },
    { name: 'reason', label: f.reason, needed: true, kind: 'words' },
  ],
  unshelve: [],
  resolve: [
    { name: 'outcome', label: f.outcome, needed: true, choices: outcomes },
    needed,
    { name: 'evidence', label: f.evidence, kind: 'words' },
  ],
  reopen: [needed],
};

/** What is asked for at a step of a case (docs/cases.md); null for one that the page does not know. */
export function fieldsOf(step: string): Field[] | null {
  return STEPS[step] ?? null;
}

/** What was filled in at a step, as a line: choices by their words. */
export function told(fields: Record<string, string>): string {
  const word = (name: string, value: string) => {
    if (name === 'action') return words.cases.actions[value as 'other'] ?? value;
    if (name === 'outcome') return words.cases.outcomes[value as 'excused'] ?? value;
    if (name === 'level') return words.cases.levels[Number(value)] ?? value;
    return value;
  };
  return Object.entries(fields)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => word(name, value))
    .join(' · ');
}
