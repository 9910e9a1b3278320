/** One server-sent event. A comment line comes as `comment`: proof that the connection is alive. */
export type SseItem = { type: 'event'; event: string; data: string; id: string | null } | { type: 'comment' };

/**
 * Turns chunks of text into events (WHATWG HTML, "Interpreting an event stream").
 *
 * The browser's own EventSource hides comment lines, and with them the only sign of life of a quiet fleet.
 */
export class SseParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #id: string | null = null;

  push(chunk: string): SseItem[] {
    const items: SseItem[] = [];
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const item = this.#line(line);
      if (item) items.push(item);
    }
    return items;
  }

  #line(line: string): SseItem | null {
    if (line === '') return this.#dispatch();
    if (line.startsWith(':')) return { type: 'comment' };
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id') this.#id = value;
    return null;
  }

  #dispatch(): SseItem | null {
    const [event, data] = [this.#event || 'message', this.#data];
    this.#event = '';
    this.#data = [];
    return data.length === 0 ? null : { type: 'event', event, data: data.join('\n'), id: this.#id };
  }
}
