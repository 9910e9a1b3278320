/** The time now, by the server's clock, once a second; and the age of things. */
class Clock {
  #now_ms = $state(Date.now());
  #offset_ms = 0;

  constructor() {
    setInterval(() => this.#tick(), 1_000);
  }

  get now(): Date {
    return new Date(this.#now_ms);
  }

  get now_ms(): number {
    return this.#now_ms;
  }

  /** The server said what time it is: this computer's clock may be wrong. */
  set(server_time: string): void {
    const offset_ms = Date.parse(server_time) - Date.now();
    if (Number.isFinite(offset_ms)) this.#offset_ms = offset_ms;
    this.#tick();
  }

  age_ms(at: string | number): number {
    return this.#now_ms - (typeof at === 'number' ? at : Date.parse(at));
  }

  #tick(): void {
    this.#now_ms = Date.now() + this.#offset_ms;
  }
}

export const clock = new Clock();
