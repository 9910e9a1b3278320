import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import { LiveStream } from '../api/live';
import type { Alarm, CaseSummary, Command, StreamPositions } from '../api/types';
import { isOpen, worstAndNewestFirst, worstOpen } from '../domain/alarms';
import { clock } from './clock.svelte';
import { FleetColumns } from './columns';
import { session } from './session.svelte';

/** Positions are shown at most this often; an alarm is shown at once. */
const SHOW_EVERY_MS = 250;
/** Data that nobody has confirmed for this long is marked as old (all being well the server is heard every 5 s). */
const STALE_AFTER_MS = 9_000;
/** A break of the connection that is shorter than this is not worth a banner. */
const GRACE_MS = 2_500;
/** Open alarms beyond this are left to the alarms page: ten times what any fleet should have. */
const OPEN_ALARMS_MAX = 20_000;
const PAGE = 1_000;

/** The live picture: the fleet's columns, the open alarms and how fresh both are. */
class LiveFleet {
  readonly columns = new FleetColumns();
  #version = $state(0);
  #alarms = $state.raw<ReadonlyMap<number, Alarm>>(new Map());
  #unseen = $state.raw<ReadonlySet<number>>(new Set());
  #lastCritical = $state.raw<Alarm | null>(null);
  #error = $state.raw<ApiError | null>(null);
  #loaded = $state(false);
  #connected = $state(false);
  #heard_ms = $state(0);
  #lost_ms = 0;
  #stream: LiveStream | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #generation = 0;
  #listeners = new Set<(alarm: Alarm) => void>();
  #commandListeners = new Set<(command: Command | null) => void>();
  #caseListeners = new Set<(changed: CaseSummary | null) => void>();

  readonly openAlarms = $derived([...this.#alarms.values()].sort(worstAndNewestFirst));
  readonly state = $derived.by((): 'connecting' | 'live' | 'stale' => {
    if (!this.#loaded) return 'connecting';
    const quiet_ms = clock.now_ms - this.#heard_ms;
    const broken = !this.#connected && clock.now_ms - this.#lost_ms > GRACE_MS;
    return broken || quiet_ms > STALE_AFTER_MS ? 'stale' : 'live';
  });
  readonly age_ms = $derived(this.#loaded ? Math.max(0, clock.now_ms - this.#heard_ms) : 0);

  /** Read it to be told of changes in `columns`. */
  get version(): number {
    return this.#version;
  }

  get loaded(): boolean {
    return this.#loaded;
  }

  get error(): ApiError | null {
    return this.#error;
  }

  /** The newest critical alarm that came while the page was open. */
  get lastCritical(): Alarm | null {
    return this.#lastCritical;
  }

  alarm(id: number): Alarm | undefined {
    return this.#alarms.get(id);
  }

  isUnseen(id: number): boolean {
    return this.#unseen.has(id);
  }

  see(id: number): void {
    if (!this.#unseen.has(id)) return;
    this.#unseen = new Set([...this.#unseen].filter((unseen) => unseen !== id));
  }

  /** Calls back for each alarm that is raised or changes, until the answer is called. */
  onAlarm(listener: (alarm: Alarm) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Calls back for each command that comes into another state, and with null when some may have been missed, until the
   * answer is called.
   */
  onCommand(listener: (command: Command | null) => void): () => void {
    this.#commandListeners.add(listener);
    return () => this.#commandListeners.delete(listener);
  }

  /** Takes in a command, from the stream or from the answer to a request. */
  takeCommand(command: Command | null): void {
    for (const listener of this.#commandListeners) listener(command);
  }

  /** Tells of each case that has changed; null when any may have. Answers with the way to end it. */
  onCase(listener: (changed: CaseSummary | null) => void): () => void {
    this.#caseListeners.add(listener);
    return () => this.#caseListeners.delete(listener);
  }

  #takeCase(changed: CaseSummary | null): void {
    for (const listener of this.#caseListeners) listener(changed);
  }

  async start(): Promise<void> {
    this.stop();
    const generation = this.#generation;
    this.#error = null;
    try {
      const sequence = await this.#fetch();
      if (generation === this.#generation) this.#stream = this.#open(sequence);
    } catch (failure) {
      if (generation === this.#generation) this.#error = toApiError(failure);
    }
  }

  stop(): void {
    this.#generation += 1;
    this.#stream?.close();
    this.#stream = null;
    this.#loaded = false;
  }

  /** Takes in an alarm, from the stream or from the answer to an acknowledgement. */
  take(alarm: Alarm): void {
    const known = this.#alarms.get(alarm.id);
    const alarms = new Map(this.#alarms);
    if (isOpen(alarm)) alarms.set(alarm.id, alarm);
    else alarms.delete(alarm.id);
    this.#alarms = alarms;

    const of_device = [...alarms.values()].filter(({ device }) => device === alarm.device);
    // With no open alarm left it is normal or silent: the next positions say which.
    if (this.columns.setCondition(alarm.device, worstOpen(of_device) ?? 'normal')) this.#version += 1;

    if (!known && alarm.state === 'raised') {
      this.#unseen = new Set([...this.#unseen, alarm.id]);
      if (alarm.priority === 'critical') this.#lastCritical = alarm;
    } else if (alarm.acknowledged) {
      this.see(alarm.id);
    }
    for (const listener of this.#listeners) listener(alarm);
  }

  /** The first picture, and again after too much was missed. Answers with the sequence to go on from. */
  async #fetch(): Promise<number> {
    const fleet = await api.fleet();
    const alarms = new Map<number, Alarm>();
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof api.alarms>> = await api.alarms({
        state: 'open',
        limit: PAGE,
        cursor,
      });
      for (const alarm of page.items) alarms.set(alarm.id, alarm);
      cursor = page.next_cursor;
    } while (cursor !== null && alarms.size < OPEN_ALARMS_MAX);
    this.columns.replace(fleet);
    this.#alarms = alarms;
    clock.set(fleet.at);
    this.#heard();
    this.#lost_ms = clock.now_ms;
    this.#loaded = true;
    this.#version += 1;
    return fleet.sequence;
  }

  #open(after: number): LiveStream {
    return new LiveStream(after, {
      hello: (hello) => clock.set(hello.server_time),
      positions: (batch) => this.#positions(batch),
      alarm: (alarm) => this.take(alarm),
      command: (command) => this.takeCommand(command),
      case: (changed) => this.#takeCase(changed),
      reset: async () => {
        const sequence = await this.#fetch();
        this.takeCommand(null);
        this.#takeCase(null);
        return sequence;
      },
      heard: () => this.#heard(),
      connected: () => (this.#connected = true),
      lost: () => {
        if (this.#connected) this.#lost_ms = clock.now_ms;
        this.#connected = false;
      },
      unauthorised: () => session.end(),
    });
  }

  #heard(): void {
    this.#heard_ms = clock.now_ms;
  }

  #positions(batch: StreamPositions): void {
    for (const item of batch.items) this.columns.put(item);
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#version += 1;
    }, SHOW_EVERY_MS);
  }
}

export const fleet = new LiveFleet();
