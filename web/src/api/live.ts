import { API } from './client';
import { SseParser } from './sse';
import type { Alarm, StreamHello, StreamPositions } from './types';

/** Wait between attempts: the first at once after a restart of the server, then slower, never above this. */
const RETRY_MS_MAX = 5_000;
/** Without any byte for this long (the server sends a comment every 5 s) the connection is taken for dead. */
const QUIET_MS_MAX = 12_000;

export interface LiveHandlers {
  hello(hello: StreamHello): void;
  positions(batch: StreamPositions): void;
  alarm(alarm: Alarm): void;
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
    const watch = setInterval(() => {
      if (performance.now() - heard_at > QUIET_MS_MAX) this.#abort.abort();
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

  async #event(event: string, data: string, id: string | null): Promise<void> {
    const sequence = id === null ? Number.NaN : Number(id);
    if (event === 'hello') this.#handlers.hello(JSON.parse(data) as StreamHello);
    else if (event === 'positions') this.#handlers.positions(JSON.parse(data) as StreamPositions);
    else if (event === 'alarm') this.#handlers.alarm(JSON.parse(data) as Alarm);
    else if (event === 'reset') {
      this.#after = await this.#handlers.reset();
      return;
    }
    if (Number.isFinite(sequence)) this.#after = sequence;
  }
}
