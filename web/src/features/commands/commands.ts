import type { Command, CommandKind, CommandState, NewCommand } from '../../api/types';

const OPEN: readonly CommandState[] = ['created', 'authorised', 'sent', 'acknowledged'];
const OPENING: readonly CommandKind[] = ['unlock', 'unlock-sub-lock', 'text'];

/** Whether something more can happen to it. */
export function isOpenCommand(command: Command): boolean {
  return OPEN.includes(command.state);
}

/** Whether somebody must authorise commands of this kind. */
export function needsAuthorisation(kind: CommandKind): boolean {
  return OPENING.includes(kind);
}

/** What one account may do with a command now. */
export function stepsOf(command: Command, account: string): ('authorise' | 'refuse' | 'cancel')[] {
  if (command.state === 'authorised') return ['cancel'];
  if (command.state !== 'created') return [];
  const another = !command.four_eyes || command.created_by !== account;
  return another ? ['authorise', 'refuse', 'cancel'] : ['cancel'];
}

/** The list with a command in its newest state: in its place, or first where it is new. */
export function withCommand(commands: readonly Command[], changed: Command): Command[] {
  if (!commands.some(({ id }) => id === changed.id)) return [changed, ...commands];
  return commands.map((command) => (command.id === changed.id ? newest(command, changed) : command));
}

const ORDER: readonly CommandState[] = ['created', 'authorised', 'sent', 'acknowledged'];

/** The stream and the answer to a request may overtake each other; a postponed command goes back to authorised. */
function newest(known: Command, changed: Command): Command {
  if (!isOpenCommand(known)) return known;
  if (!isOpenCommand(changed) || changed.tries > known.tries) return changed;
  if (changed.tries < known.tries) return known;
  const postponed = changed.state === 'authorised' && changed.detail !== '';
  return postponed || ORDER.indexOf(changed.state) >= ORDER.indexOf(known.state) ? changed : known;
}

/** The fields of a form, as text. */
export interface CommandForm {
  kind: CommandKind;
  validity_s: number;
  seconds: string;
  wake_min: string;
  for_s: string;
  sub_lock: string;
  window_min: string;
  text: string;
}

/** The order that a form means; null while something is missing. */
export function orderOf(form: CommandForm): NewCommand | null {
  const { kind, validity_s } = form;
  const [seconds, wake_min, for_s] = [form.seconds, form.wake_min, form.for_s].map(wholeNumber);
  const window_min = wholeNumber(form.window_min);
  const [sub_lock, text] = [form.sub_lock.trim(), form.text.trim()];
  switch (kind) {
    case 'reporting-interval':
      return seconds ? { kind, validity_s, seconds, ...(wake_min ? { wake_min } : {}) } : null;
    case 'track':
      return seconds && for_s ? { kind, validity_s, seconds, for_s } : null;
    case 'unlock-sub-lock':
      return sub_lock && window_min ? { kind, validity_s, sub_lock, window_min } : null;
    case 'text':
      return text ? { kind, validity_s, text } : null;
    default:
      return { kind, validity_s };
  }
}

function wholeNumber(text: string): number | null {
  const number = Number(text.trim());
  return text.trim() !== '' && Number.isInteger(number) && number > 0 ? number : null;
}

/** A name for one wish, so that it is done once however often it is sent. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
