import { api, whenUnauthorised } from '../api/client';
import { type ApiError, toApiError } from '../api/errors';
import type { Session as Account } from '../api/types';

/** Who is logged in. `unknown` until the server has been asked. */
class Session {
  #state = $state<'unknown' | 'in' | 'out' | 'failed'>('unknown');
  #session = $state.raw<Account | null>(null);
  #error = $state.raw<ApiError | null>(null);

  constructor() {
    whenUnauthorised(() => this.end());
  }

  get state() {
    return this.#state;
  }

  get account() {
    return this.#session?.account ?? null;
  }

  get error() {
    return this.#error;
  }

  get mayAcknowledge(): boolean {
    return this.account?.role === 'operator' || this.account?.role === 'admin';
  }

  get mayOrder(): boolean {
    return this.mayAcknowledge;
  }

  get mayMove(): boolean {
    return this.mayAcknowledge;
  }

  get mayRegister(): boolean {
    return this.account?.role === 'device-operator' || this.account?.role === 'admin';
  }

  async resume(): Promise<void> {
    try {
      this.#begin(await api.session());
    } catch (failure) {
      const error = toApiError(failure);
      this.#error = error;
      this.#state = error.status === 401 ? 'out' : 'failed';
    }
  }

  async logIn(name: string, password: string): Promise<void> {
    this.#begin(await api.logIn(name, password));
  }

  async logOut(): Promise<void> {
    await api.logOut();
    this.end();
  }

  end(): void {
    this.#session = null;
    this.#state = 'out';
  }

  #begin(session: Account): void {
    this.#session = session;
    this.#error = null;
    this.#state = 'in';
  }
}

export const session = new Session();
