import { isAbort, toApiError, type ApiError } from '../api/errors';

/** Something that a screen fetches: what it was last time stays on show while it is fetched again. */
export class Loader<Value> {
  #value = $state.raw<Value | null>(null);
  #error = $state.raw<ApiError | null>(null);
  #loading = $state(false);
  #abort: AbortController | null = null;

  get value(): Value | null {
    return this.#value;
  }

  get error(): ApiError | null {
    return this.#error;
  }

  get loading(): boolean {
    return this.#loading;
  }

  /** Fetches; an earlier fetch that still runs is given up. */
  async load(fetch: (signal: AbortSignal) => Promise<Value>): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#loading = true;
    try {
      this.#value = await fetch(abort.signal);
      this.#error = null;
    } catch (failure) {
      if (isAbort(failure) || abort.signal.aborted) return;
      this.#error = toApiError(failure);
    }
    if (this.#abort === abort) this.#loading = false;
  }

  /** Puts a newer value in place, e.g. after a change that the server has answered. */
  set(value: Value): void {
    this.#value = value;
  }

  /** Forgets: what is fetched next is of another thing. */
  clear(): void {
    this.#value = null;
    this.#error = null;
  }
}
