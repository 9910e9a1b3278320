import type { Movement } from '../../api/types';
import { words } from '../../i18n';
import type { Choice, Field } from '../common/fields';

const f = words.movements.fields;
const classes: Choice[] = Object.entries(words.device.classes);
const ways: Choice[] = Object.entries(words.movements.ways);
const codes: Choice[] = Object.entries(words.movements.incidentCodes).map(([code, word]) => [
  code,
  `${code}: ${word}`,
]);
const reason: Field = { name: 'reason', label: f.reason, needed: true, kind: 'words' };
// The choices of units and seals are those of a movement.
const unit: Field = { name: 'unit', label: f.unit, needed: true };
const place: Field = { name: 'place', label: f.place };
const partner: Field = { name: 'partner', label: f.partner, needed: true };

const STEPS: Record<string, Field[]> = {
  submit: [],
  accept: [{ name: 'mrn', label: f.mrn }],
  reject: [reason],
  book: [{ name: 'class', label: f.class, needed: true, choices: classes }],
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
    { name: 'code', label: f.code, needed: true, choices: codes },
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
    { name: 'old', label: f.old, needed: true },
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
  remove: [{ name: 'seal', label: f.seal, needed: true }],
  discharge: [],
  recover: [reason],
  extend: [{ name: 'limit', label: f.limit, needed: true, kind: 'time' }, reason],
  cancel: [reason],
  'authorise-opening': [
    { name: 'seal', label: f.seal, needed: true },
    { name: 'until', label: f.until, needed: true, kind: 'time' },
    { name: 'from', label: f.from, kind: 'time' },
    { name: 'place', label: f.openAt },
    { name: 'way', label: f.way, choices: ways },
    { name: 'card', label: f.card },
    reason,
  ],
  'confirm-opening': [{ name: 'opening', label: f.opening, needed: true }],
  'withdraw-link': [{ name: 'link', label: f.link, needed: true }],
  'withdraw-opening': [{ name: 'opening', label: f.opening, needed: true }, reason],
};

/** What is asked for at a step of a movement (docs/movements.md); null for one that the page does not know. */
export function fieldsOf(step: string): Field[] | null {
  return STEPS[step] ?? null;
}

/** The same, with what the movement has to choose from, and the places where it may be opened. */
export function fieldsFor(
  step: string,
  movement: Pick<Movement, 'units' | 'seals' | 'openings' | 'links'>,
  posts: Choice[] = [],
): Field[] {
  const units: Choice[] = movement.units.map((number) => [number, number]);
  const whole = movement.seals.filter(({ ended_at }) => ended_at === null);
  const seals: Choice[] = whole.map(({ number, unit }) => [number, `${number} (${unit})`]);
  // A second person agrees to what was asked; whatever is not over can be taken back.
  const open = step === 'confirm-opening' ? ['asked'] : ['asked', 'granted'];
  const openings: Choice[] = movement.openings
    .filter(({ state }) => open.includes(state))
    .map(({ number, seal, reason: why }) => [String(number), `${number}: ${seal}, ${why}`]);
  const links: Choice[] = movement.links
    .filter(({ good }) => good)
    .map(({ number, audience, given_by }) => [
      String(number),
      `${number}: ${words.movements.share.audiences[audience as 'driver'] ?? audience}, ${given_by}`,
    ]);
  return (fieldsOf(step) ?? []).map((field) => {
    if (field.name === 'unit') return { ...field, choices: units };
    if (field.name === 'seal' || field.name === 'old') return { ...field, choices: seals };
    if (field.name === 'opening') return { ...field, choices: openings };
    if (field.name === 'link') return { ...field, choices: links };
    if (step === 'authorise-opening' && field.name === 'place') return { ...field, choices: posts };
    return field;
  });
}

/** Whether there is something to take the step for. */
export function hasObject(step: string, { openings, links }: Pick<Movement, 'openings' | 'links'>): boolean {
  const some = (...states: string[]) => openings.some(({ state }) => states.includes(state));
  if (step === 'withdraw-link') return links.some(({ good }) => good);
  if (step === 'confirm-opening') return some('asked');
  return step !== 'withdraw-opening' || some('asked', 'granted');
}

/** Steps that end or stop a movement: they are not offered first. */
const GRAVE = new Set(['reject', 'intercept', 'differ', 'recover', 'cancel']);

export function isGrave(step: string): boolean {
  return GRAVE.has(step);
}
