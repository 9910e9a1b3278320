/** A value that is sent, and its word. */
export type Choice = [value: string, word: string];

/** What a form asks for. */
export interface Field {
  name: string;
  label: string;
  needed?: boolean;
  kind?: 'text' | 'words' | 'time';
  /** Only one of these. */
  choices?: Choice[];
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
