// Names for the shapes of the API. They are generated from openapi/plomb.json (`npm run types`);
// written by hand is only what OpenAPI does not describe: the data of the live stream.

import type { components } from './generated/schema';

type Schemas = components['schemas'];

export type AlarmKind = Schemas['AlarmKind'];
export type AlarmState = Schemas['AlarmState'];
export type CommandKind = Schemas['CommandKind'];
export type CommandState = Schemas['CommandState'];
export type Condition = Schemas['Condition'];
export type EventKind = Schemas['EventKind'];
export type IdentityTrust = Schemas['Identity'];
export type SealTrust = Schemas['SealEvidence'];
export type Standing = Schemas['Standing'];

export type Alarm = Schemas['Alarm'];
export type AlarmList = Schemas['AlarmList'];
export type AliasList = Schemas['AliasList'];
export type Case = Schemas['Case'];
export type CaseFigures = Schemas['CaseFigures'];
export type CaseList = Schemas['CaseList'];
export type CaseOutcome = Schemas['Outcome'];
export type CaseStateName = Schemas['CaseState'];
export type CaseSummary = Schemas['CaseSummary'];
export type NamedCaseTally = Schemas['NamedCaseTally'];
export type Chain = Schemas['Chain'];
export type Command = Schemas['Command'];
export type CommandList = Schemas['CommandList'];
export type CustodyList = Schemas['CustodyList'];
export type Device = Schemas['Device'];
export type DeviceCommands = Schemas['DeviceCommands'];
export type DeviceList = Schemas['DeviceList'];
export type Event = Schemas['Event'];
export type EventList = Schemas['EventList'];
export type Fleet = Schemas['Fleet'];
export type KeyList = Schemas['KeyList'];
export type Login = Schemas['Login'];
export type MessageField = Schemas['Field'];
export type NewAcknowledgement = Schemas['NewAcknowledgement'];
/** As it is answered: all of it is there. */
export type Model = Required<Schemas['Model']>;
export interface ModelList {
  items: Model[];
}
/** A model as it is sent: what is not named is empty. */
export type NewModel = Partial<Omit<Model, 'name' | 'class'>> & Pick<Model, 'class'>;
export type NewAdoption = Schemas['NewAdoption'];
export type NewCommand = Schemas['NewCommand'];
export type NewCustody = Schemas['NewCustody'];
export type NewDeviceRefusal = Schemas['NewDeviceRefusal'];
export type Checklist = Schemas['Checklist'];
export type GuaranteeName = Schemas['Guarantee'];
export type ImportReport = Schemas['ImportReport'];
export type SealComparison = Schemas['SealComparison'];
export type SealComparisonList = Schemas['SealComparisonList'];
export type SealAgreement = Schemas['SealAgreement'];
export type RiskQueue = Schemas['RiskQueue'];
export type Risk = Schemas['Risk'];
export type LaneName = Schemas['Lane'];
export type LiveReasonName = Schemas['LiveReason'];
export type Movement = Schemas['Movement'];
export type MovementList = Schemas['MovementList'];
export type ScorecardList = Schemas['Scorecards'];
export type MovementLink = Schemas['Link'];
export type ApiKeyList = Schemas['ApiKeyList'];
export type MadeApiKey = Schemas['MadeApiKey'];
export type SharedMovement = Schemas['SharedMovement'];
export type RuleChange = Schemas['RuleChange'];
export type RuleSettings = Omit<Schemas['Rules'], 'settings'> & { settings: Record<string, number> };
export type BacktestReport = Schemas['Backtest'];
export type OpeningCode = Schemas['OpeningCode'];
export type MovementStateName = Schemas['MovementState'];
export type MovementSummary = Schemas['MovementSummary'];
export type PolicyList = Schemas['PolicyList'];
export type NewLookUp = Schemas['NewLookUp'];
export type NewRefusal = Schemas['NewRefusal'];
export type Problem = Schemas['Problem'];
export type Quarantine = Schemas['Quarantine'];
export type QuarantinedDevice = Schemas['QuarantinedDevice'];
export type RegisteredDevice = Schemas['RegisteredDevice'];
export type RegisteredDeviceList = Schemas['RegisteredDeviceList'];
export type LookUp = Schemas['LookUp'];
export type SealFinding = Schemas['SealFinding'];
export type Verdict = Schemas['Verdict'];
export type Ground = Schemas['Ground'];
export type Seal = Schemas['Seal'];
export type Session = Schemas['Session'];
export type Track = Schemas['Track'];
export type Trust = Schemas['Trust'];

// Data of the events of `/stream`; `alarm` carries an `Alarm`, `command` a `Command`, `case` a `CaseSummary`.
export type StreamHello = Schemas['Hello'];

// The rest of them is not in OpenAPI, which knows the stream as text: "Live" in docs/api.md specifies it.

/** A row of `positions`; the columns are those of `Fleet`. */
export type PositionItem = [
  id: Column<'id'>,
  longitude_e7: Column<'longitude_e7'>,
  latitude_e7: Column<'latitude_e7'>,
  course_deg: Column<'course_deg'>,
  speed_kmh: Column<'speed_kmh'>,
  condition: Column<'condition'>,
  last_received_at_ms: Column<'last_received_at_ms'>,
  protocol: Column<'protocol'>,
];

type Column<Name extends Exclude<keyof Fleet, 'sequence' | 'at'>> = Fleet[Name][number];

export interface StreamPositions {
  at: Schemas['Time'];
  items: PositionItem[];
}

export interface StreamReset {
  reason: string;
}

/** A trip report (docs/evidence.md), which the OpenAPI document only calls an object. What the page shows of it. */
export interface TripReport {
  format: string;
  statement: {
    issued_at: string;
    issued_by: string;
    log: string;
    complete: boolean;
    entries: number[];
    movement: Omit<Movement, 'declaration' | 'holder' | 'carrier'>;
    alarms: Alarm[];
    cases: Case[];
    route: RouteFeature | null;
  };
  disclosed: [salt: string, name: string, value: unknown][];
  record: EntryFact[];
  checkpoint: string;
}

export interface RouteFeature {
  properties?: { name?: string };
  geometry?: { type: string; coordinates?: unknown };
}

/** What one entry says. */
export interface EntryFact {
  entry: number;
  what: string;
  at?: string;
  device?: string | null;
  events?: {
    occurred_at: string | null;
    position: { latitude: number; longitude: number; fix: string } | null;
  }[];
}
