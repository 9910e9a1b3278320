import { words } from '../../i18n';

/** What is asked for at a step; the names are those of docs/movements.md. */
export interface Field {
  name: string;
  label: string;
  needed?: boolean;
  kind?: 'text' | 'words' | 'unit' | 'seal' | 'class' | 'code' | 'time' | 'policy';
}

const f = words.movements.fields;
const reason: Field = { name: 'reason', label: f.reason, needed: true, kind: 'words' };
const unit: Field = { name: 'unit', label: f.unit, needed: true, kind: 'unit' };
const place: Field = { name: 'place', label: f.place };
const partner: Field = { name: 'partner', label: f.partner, needed: true };

const STEPS: Record<string, Field[]> = {
  submit: [],
  accept: [{ name: 'mrn', label: f.mrn }],
  reject: [reason],
  book: [{ name: 'class', label: f.class, needed: true, kind: 'class' }],
  arm: [
    unit,
    { name: 'device', label: f.device, needed: true },
    { name: 'reason', label: f.inSpite, kind: 'words' },
  ],
  'apply-seal': [
    unit,
    { name: 'number', label: f.number, needed: true },
    { name: 'device', label: f.chip },
    { name: 'reason', label: f.undeclared, kind: 'words' },
  ],
  depart: [place],
  incident: [
    { name: 'code', label: f.code, needed: true, kind: 'code' },
    { name: 'text', label: f.text, needed: true, kind: 'words' },
    place,
  ],
  endorse: [
    { name: 'incident', label: f.incident, needed: true },
    { name: 'authority', label: f.authority, needed: true },
  ],
  intercept: [reason],
  inspect: [{ name: 'finding', label: f.finding, needed: true, kind: 'words' }],
  reseal: [
    unit,
    { name: 'old', label: f.old, needed: true, kind: 'seal' },
    { name: 'new', label: f.new, needed: true },
    { name: 'device', label: f.chip },
  ],
  resume: [],
  'hand-over': [partner],
  'take-over': [partner],
  arrive: [place],
  verify: [{ name: 'remark', label: f.remark, kind: 'words' }],
  differ: [{ name: 'text', label: f.text, needed: true, kind: 'words' }],
  explain: [{ name: 'text', label: f.text, needed: true, kind: 'words' }],
  remove: [{ name: 'seal', label: f.seal, needed: true, kind: 'seal' }],
  discharge: [],
  recover: [reason],
  extend: [{ name: 'limit', label: f.limit, needed: true, kind: 'time' }, reason],
  cancel: [reason],
};

/** The fields of a step that the page has a form for; null for one that it does not know. */
export function fieldsOf(step: string): Field[] | null {
  return STEPS[step] ?? null;
}

/** Steps that end or stop a movement: they are not offered first. */
const GRAVE = new Set(['reject', 'intercept', 'differ', 'recover', 'cancel']);

export function isGrave(step: string): boolean {
  return GRAVE.has(step);
}

/** The labels of needed fields that are empty. */
export function missing(fields: Field[], values: Record<string, string>): string[] {
  return fields
    .filter(({ name, needed }) => needed && (values[name] ?? '').trim() === '')
    .map(({ label }) => label);
}

/** What is sent: texts trimmed, empty ones left out, local times of a picker as UTC. */
export function body(fields: Field[], values: Record<string, string>): Record<string, string> {
  const sent: Record<string, string> = {};
  for (const { name, kind } of fields) {
    const text = (values[name] ?? '').trim();
    if (text !== '') sent[name] = kind === 'time' ? utc(text) : text;
  }
  return sent;
}

/** A time picker gives no zone: what is picked is meant in UTC, as the page says. */
function utc(text: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) ? `${text}:00Z` : text;
}
