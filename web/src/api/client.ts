import type { PlaceCollection, PlaceFeature } from '../domain/places';
import { errorOf, toApiError } from './errors';
import type {
  Alarm,
  AlarmList,
  AliasList,
  Case,
  BacktestReport,
  CaseFigures,
  CaseList,
  Chain,
  Checklist,
  Command,
  CommandList,
  CustodyList,
  Device,
  DeviceCommands,
  DeviceList,
  EventList,
  Fleet,
  ImportReport,
  KeyList,
  Login,
  LookUp,
  Model,
  ApiKeyList,
  MadeApiKey,
  MovementLink,
  OpeningCode,
  ModelList,
  Movement,
  MovementList,
  NewAcknowledgement,
  NewAdoption,
  NewCommand,
  NewCustody,
  NewDeviceRefusal,
  NewLookUp,
  NewModel,
  NewRefusal,
  PolicyList,
  Quarantine,
  RegisteredDevice,
  RegisteredDeviceList,
  RiskQueue,
  RuleChange,
  RuleSettings,
  ScorecardList,
  SealComparisonList,
  Session,
  SharedMovement,
  Track,
  TripReport,
} from './types';

export const API = '/api/v1';

export type Query = Record<string, string | number | null | undefined>;

/** A query string without the parameters that are not set. */
export function queryOf(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

/** A device id as a path segment: the colon stays readable. */
export function segment(id: string): string {
  return encodeURIComponent(id).replaceAll('%3A', ':');
}

let onUnauthorised: () => void = () => {};

/** Called when the server no longer knows the session. */
export function whenUnauthorised(callback: () => void): void {
  onUnauthorised = callback;
}

async function call<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  // An answer such as 201 or 204 may have no body.
  const text = await textOf(path, init);
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

async function textOf(path: string, init: RequestInit = {}): Promise<string> {
  let response: Response;
  try {
    response = await fetch(`${API}${path}`, { credentials: 'same-origin', ...init });
  } catch (failure) {
    if (init.signal?.aborted) throw failure;
    throw toApiError(failure);
  }
  if (!response.ok) {
    if (response.status === 401 && path !== '/session') onUnauthorised();
    throw await errorOf(response);
  }
  return response.text();
}

function change<Answer>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Answer> {
  return call<Answer>(path, {
    method,
    headers: { 'Content-Type': 'application/json', 'X-Plomb-Request': '1', ...headers },
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  });
}

export const api = {
  session: () => call<Session>('/session'),
  logIn: (name: string, password: string) =>
    change<Session>('POST', '/session', { name, password } satisfies Login),
  setPassword: (name: string, password: string) =>
    change<void>('PUT', `/accounts/${segment(name)}/password`, { password }),
  apiKeys: (signal?: AbortSignal) => call<ApiKeyList>('/keys', { signal: signal ?? null }),
  makeApiKey: (label: string, rights: string[], days: number) =>
    change<MadeApiKey>('POST', '/keys', { label, rights, days }),
  dropApiKey: (id: string) => change<void>('DELETE', `/keys/${segment(id)}`),
  logOut: () => change<void>('DELETE', '/session'),

  fleet: (signal?: AbortSignal) => call<Fleet>('/fleet', { signal: signal ?? null }),
  devices: (query: Query, signal?: AbortSignal) =>
    call<DeviceList>(`/devices${queryOf(query)}`, { signal: signal ?? null }),
  device: (id: string, signal?: AbortSignal) =>
    call<Device>(`/devices/${segment(id)}`, { signal: signal ?? null }),
  history: (id: string, query: Query, signal?: AbortSignal) =>
    call<EventList>(`/devices/${segment(id)}/history${queryOf(query)}`, { signal: signal ?? null }),
  track: (id: string, query: Query, signal?: AbortSignal) =>
    call<Track>(`/devices/${segment(id)}/track${queryOf(query)}`, { signal: signal ?? null }),

  alarms: (query: Query, signal?: AbortSignal) =>
    call<AlarmList>(`/alarms${queryOf(query)}`, { signal: signal ?? null }),
  alarm: (id: number, signal?: AbortSignal) => call<Alarm>(`/alarms/${id}`, { signal: signal ?? null }),
  acknowledge: (id: number, reason: string, note: string) =>
    change<Alarm>('POST', `/alarms/${id}/acknowledge`, { reason, note } satisfies NewAcknowledgement),

  cases: (query: Query, signal?: AbortSignal) =>
    call<CaseList>(`/cases${queryOf(query)}`, { signal: signal ?? null }),
  case: (id: string, signal?: AbortSignal) => call<Case>(`/cases/${segment(id)}`, { signal: signal ?? null }),
  caseStep: (id: number, step: string, fields: Record<string, string>) =>
    change<Case>('POST', `/cases/${id}/steps/${step}`, fields),
  handOverCases: (fields: Record<string, string>) => change<CaseList>('POST', '/cases/hand-over', fields),
  caseFigures: (query: Query, signal?: AbortSignal) =>
    call<CaseFigures>(`/cases/figures${queryOf(query)}`, { signal: signal ?? null }),

  commands: (query: Query, signal?: AbortSignal) =>
    call<CommandList>(`/commands${queryOf(query)}`, { signal: signal ?? null }),
  deviceCommands: (device: string, signal?: AbortSignal) =>
    call<DeviceCommands>(`/devices/${segment(device)}/commands`, { signal: signal ?? null }),
  /** The same key again is the same command. */
  order: (device: string, key: string, command: NewCommand) =>
    change<Command>('POST', `/devices/${segment(device)}/commands`, command, { 'Idempotency-Key': key }),
  authorise: (id: number) => change<Command>('POST', `/commands/${id}/authorise`),
  refuse: (id: number, reason: string) =>
    change<Command>('POST', `/commands/${id}/refuse`, { reason } satisfies NewRefusal),
  cancel: (id: number) => change<Command>('POST', `/commands/${id}/cancel`),

  lookUp: (text: string, signal?: AbortSignal) =>
    change<LookUp>('POST', '/seals/look-up', { text } satisfies NewLookUp, {}, signal),

  movements: (query: Query, signal?: AbortSignal) =>
    call<MovementList>(`/movements${queryOf(query)}`, { signal: signal ?? null }),
  movement: (id: string, signal?: AbortSignal) =>
    call<Movement>(`/movements/${segment(id)}`, { signal: signal ?? null }),
  tripReport: (id: string, signal?: AbortSignal) =>
    call<TripReport>(`/movements/${segment(id)}/report`, { signal: signal ?? null }),
  declare: (fields: Record<string, string>) => change<Movement>('POST', '/movements', fields),
  step: (id: number, step: string, fields: Record<string, string>) =>
    change<Movement>('POST', `/movements/${id}/steps/${step}`, fields),
  makeLink: (id: number, audience: string, hours: number) =>
    change<MovementLink>('POST', `/movements/${id}/links`, { audience, hours }),
  shared: (token: string, signal?: AbortSignal) =>
    call<SharedMovement>(`/shared/${segment(token)}`, { signal: signal ?? null }),
  reportIncident: (token: string, incident: { code: number; text: string; place?: string }) =>
    change<void>('POST', `/shared/${segment(token)}/incidents`, incident),
  openingCode: (id: number, opening: number) =>
    change<OpeningCode>('POST', `/movements/${id}/openings/${opening}/code`),
  checklist: (id: number, device: string, signal?: AbortSignal) =>
    call<Checklist>(`/movements/${id}/checklist${queryOf({ device })}`, { signal: signal ?? null }),
  draftMessage: (movement: number, message: string, query: Query) =>
    textOf(`/movements/${movement}/messages/${segment(message)}${queryOf(query)}`),
  importMovements: (file: File, query: Query) =>
    call<ImportReport>(`/movements/import${queryOf(query)}`, {
      method: 'POST',
      headers: { 'X-Plomb-Request': '1' },
      body: file,
    }),
  compareSeals: (file: File) =>
    call<SealComparisonList>('/seals/reports', {
      method: 'POST',
      headers: { 'X-Plomb-Request': '1' },
      body: file,
    }),
  riskQueue: (query: Query, signal?: AbortSignal) =>
    call<RiskQueue>(`/risk/queue${queryOf(query)}`, { signal: signal ?? null }),
  places: (signal?: AbortSignal) => call<PlaceCollection>('/places', { signal: signal ?? null }),
  putPlace: (place: PlaceFeature) => change<PlaceFeature>('PUT', `/places/${segment(place.id)}`, place),
  dropPlace: (id: string) => change<void>('DELETE', `/places/${segment(id)}`),
  importPlaces: (file: File, query: Query) =>
    call<ImportReport>(`/places/import${queryOf(query)}`, {
      method: 'POST',
      headers: { 'X-Plomb-Request': '1' },
      body: file,
    }),
  policies: (signal?: AbortSignal) => call<PolicyList>('/policies', { signal: signal ?? null }),

  registered: (query: Query, signal?: AbortSignal) =>
    call<RegisteredDeviceList>(`/registry/devices${queryOf(query)}`, { signal: signal ?? null }),
  registeredDevice: (id: string, signal?: AbortSignal) =>
    call<RegisteredDevice>(`/registry/devices/${segment(id)}`, { signal: signal ?? null }),
  custody: (id: string, signal?: AbortSignal) =>
    call<CustodyList>(`/registry/devices/${segment(id)}/custody`, { signal: signal ?? null }),
  handOver: (id: string, custody: NewCustody) =>
    change<void>('POST', `/registry/devices/${segment(id)}/custody`, custody),
  aliases: (id: string, signal?: AbortSignal) =>
    call<AliasList>(`/registry/devices/${segment(id)}/aliases`, { signal: signal ?? null }),
  keys: (id: string, signal?: AbortSignal) =>
    call<KeyList>(`/registry/devices/${segment(id)}/keys`, { signal: signal ?? null }),
  rules: (signal?: AbortSignal) => call<RuleSettings>('/rules', { signal: signal ?? null }),
  backtest: (rules: Record<string, number>) => change<BacktestReport>('POST', '/backtests', { rules }),
  proposeRules: (rules: Record<string, number>, reason: string) =>
    change<RuleChange>('POST', '/rules/changes', { rules, reason }),
  decideRules: (number: number, step: 'approve' | 'refuse', reason: string) =>
    change<RuleChange>(
      'POST',
      `/rules/changes/${number}/${step}`,
      step === 'refuse' ? { reason } : undefined,
    ),
  scorecards: (query: Query, signal?: AbortSignal) =>
    call<ScorecardList>(`/scorecards${queryOf(query)}`, { signal: signal ?? null }),
  models: (signal?: AbortSignal) => call<ModelList>('/registry/models', { signal: signal ?? null }),
  putModel: (name: string, model: NewModel) =>
    change<Model>('PUT', `/registry/models/${segment(name)}`, model),
  quarantine: (query: Query, signal?: AbortSignal) =>
    call<Quarantine>(`/registry/quarantine${queryOf(query)}`, { signal: signal ?? null }),
  adopt: (id: string, adoption: NewAdoption) =>
    change<void>('POST', `/registry/quarantine/${segment(id)}/adopt`, adoption),
  refuseDevice: (id: string, reason: string) =>
    change<void>('POST', `/registry/quarantine/${segment(id)}/refuse`, {
      reason,
    } satisfies NewDeviceRefusal),

  chain: (event: string, signal?: AbortSignal) =>
    call<Chain>(`/events/${segment(event)}/chain`, { signal: signal ?? null }),
};

/** Addresses that the browser itself fetches. */
export const links = {
  historyCsv: (id: string, query: Query) =>
    `${API}/devices/${segment(id)}/history${queryOf({ ...query, format: 'csv' })}`,
  raw: (event: string) => `${API}/events/${segment(event)}/raw`,
};
