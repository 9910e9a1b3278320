import { API } from './client';
import { SseParser } from './sse';
import type { Alarm, CaseSummary, Command, StreamHello, StreamPositions, StreamReset } from './types';

/** Wait between attempts: the first at once after a restart of the server, then slower, never above this. */
const RETRY_MS_MAX = 5_000;
/** Without any byte for this long (the server sends a comment every 10 s) the connection is taken for dead. */
const QUIET_MS_MAX = 15_000;
/** After a silence of this long the server is asked whether it is there, so that a lost network shows within 10 s. */
const ASK_AFTER_MS = 4_000;
const ASK_MS_MAX = 3_000;

/** The reason in the last event of a stream whose session is over. */
const SESSION_ENDED = 'the session has ended';

export interface LiveHandlers {
  hello(hello: StreamHello): void;
  positions(batch: StreamPositions): void;
  alarm(alarm: Alarm): void;
  command(command: Command): void;
  case(changed: CaseSummary): void;
  /** Too much was missed: fetch everything anew and answer with the sequence to go on from. */
  reset(): Promise<number>;
  /** Any sign of life. */
  heard(): void;
  connected(): void;
  lost(): void;
  /** The session has ended; the stream has stopped. */
  unauthorised(): void;
}

/** The stream of live events: resumes from the last sequence number, reconnects by itself, until closed. */
export class LiveStream {
  #handlers: LiveHandlers;
  #after: number;
  #abort = new AbortController();
  #closed = false;

  constructor(after: number, handlers: LiveHandlers) {
    this.#after = after;
    this.#handlers = handlers;
    void this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    let wait_ms = 250;
    while (!this.#closed) {
      this.#abort = new AbortController();
      try {
        if (await this.#connection()) wait_ms = 250;
      } catch {
        // The reason does not matter here: the page says that the connection is lost and goes on trying.
      }
      if (this.#closed) return;
      this.#handlers.lost();
      await new Promise((resolve) => setTimeout(resolve, wait_ms));
      wait_ms = Math.min(wait_ms * 2, RETRY_MS_MAX);
    }
  }

  /** One connection, from request to end. True when it has been of use. */
  async #connection(): Promise<boolean> {
    const response = await fetch(`${API}/stream?after=${this.#after}`, {
      credentials: 'same-origin',
      headers: { Accept: 'text/event-stream', 'Last-Event-ID': String(this.#after) },
      cache: 'no-store',
      signal: this.#abort.signal,
    });
    if (response.status === 401) {
      this.#closed = true;
      this.#handlers.unauthorised();
      return false;
    }
    if (!response.ok || !response.body) return false;

    this.#handlers.connected();
    this.#handlers.heard();
    let heard_at = performance.now();
    let asked_at = 0;
    const watch = setInterval(() => {
      const quiet_ms = performance.now() - heard_at;
      if (quiet_ms > QUIET_MS_MAX) this.#abort.abort();
      if (quiet_ms > ASK_AFTER_MS && performance.now() - asked_at > ASK_AFTER_MS) {
        asked_at = performance.now();
        void this.#ask();
      }
    }, 1_000);
    try {
      const parser = new SseParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return true;
        heard_at = performance.now();
        this.#handlers.heard();
        for (const item of parser.push(value)) {
          if (item.type === 'event') await this.#event(item.event, item.data, item.id);
        }
      }
    } finally {
      clearInterval(watch);
    }
  }

  /** A quiet fleet or a lost network? */
  async #ask(): Promise<void> {
    try {
      const answer = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(ASK_MS_MAX) });
      if (answer.ok && !this.#closed) this.#handlers.heard();
    } catch {
      // No answer: nothing is heard, and the data on show grows old.
    }
  }

  async #event(event: string, data: string, id: string | null): Promise<void> {
    const sequence = id === null ? Number.NaN : Number(id);
    if (event === 'hello') this.#handlers.hello(JSON.parse(data) as StreamHello);
    else if (event === 'positions') this.#handlers.positions(JSON.parse(data) as StreamPositions);
    else if (event === 'alarm') this.#handlers.alarm(JSON.parse(data) as Alarm);
    else if (event === 'command') this.#handlers.command(JSON.parse(data) as Command);
    else if (event === 'case') this.#handlers.case(JSON.parse(data) as CaseSummary);
    else if (event === 'reset') {
      const { reason } = JSON.parse(data) as StreamReset;
      if (reason === SESSION_ENDED) {
        this.close();
        this.#handlers.unauthorised();
        return;
      }
      this.#after = await this.#handlers.reset();
      return;
    }
    if (Number.isFinite(sequence)) this.#after = sequence;
  }
}
