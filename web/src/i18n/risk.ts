import type { LaneName, LiveReasonName } from '../api/types';

/** English words of the inspection queue. */
export const risk = {
  title: 'What to inspect next',
  tableLabel: 'Movements by what speaks against them',
  about:
    'Each event on the way adds its weight; cut seals, openings nobody allowed, copied tags and restricted zones go to red whatever the sum. Faults of devices never count. The weights are set by judgement: they rank, and are no measured rates.',
  lane: 'Lane',
  all: 'All lanes',
  movement: 'Movement',
  why: 'Why',
  chance: 'Score',
  ofHundred: (percent: string) => `${percent} in 100`,
  mandatory: 'by rule',
  nothing: 'Nothing speaks against it.',
  excused: 'excused',
  empty: 'No movement is under way',
  emptyHint: 'Movements come here once they are accepted.',
  lanes: {
    red: 'Red: examine the load',
    yellow: 'Yellow: examine papers and seal',
    green: 'Green: passes',
  } satisfies Record<LaneName, string>,
  laneShort: { red: 'Red', yellow: 'Yellow', green: 'Green' } satisfies Record<LaneName, string>,
  reasons: {
    seal: 'Seal',
    identity: 'Identity of the seal',
    route: 'Route',
    silence: 'Silence',
    procedure: 'Papers and limits',
  } satisfies Record<LiveReasonName, string>,
  events: {
    overdue: 'Overdue',
    incident: 'Incident declared',
    'guarantee-short': 'Guarantee below the duty',
  } as Record<string, string>,
};
