import { type Priority, PRIORITIES } from './condition';

/** What the order and the filter need to know of an alarm. */
export interface AlarmLike {
  id: number;
  title: string;
  detail: string;
  device: string;
  priority: Priority;
  state: 'raised' | 'acknowledged' | 'cleared' | 'closed';
  raised_at: string;
}

/** Open: its condition holds, or nobody has taken note of it yet. */
export function isOpen(alarm: Pick<AlarmLike, 'state'>): boolean {
  return alarm.state !== 'closed';
}

/** Waits for a person. */
export function isWaiting(alarm: Pick<AlarmLike, 'state'>): boolean {
  return alarm.state === 'raised' || alarm.state === 'cleared';
}

/** Worst first, then newest first; the number decides between equals, so that the order never flickers. */
export function worstAndNewestFirst(a: AlarmLike, b: AlarmLike): number {
  const by_priority = PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority);
  if (by_priority !== 0) return by_priority;
  const by_time = b.raised_at.localeCompare(a.raised_at);
  return by_time !== 0 ? by_time : b.id - a.id;
}

export interface AlarmFilter {
  search: string;
  priorities: readonly Priority[];
  waiting_only: boolean;
}

/** Whether an alarm is shown: every word of the search occurs, and its priority is among those asked for. */
export function matches(alarm: AlarmLike, filter: AlarmFilter): boolean {
  if (filter.waiting_only && !isWaiting(alarm)) return false;
  if (filter.priorities.length > 0 && !filter.priorities.includes(alarm.priority)) return false;
  const text = `${alarm.title} ${alarm.detail} ${alarm.device}`.toLowerCase();
  return filter.search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The priority of the worst open alarm, or null when there is none. */
export function worstOpen(alarms: Iterable<AlarmLike>): Priority | null {
  let worst = PRIORITIES.length;
  for (const alarm of alarms) {
    if (isOpen(alarm)) worst = Math.min(worst, PRIORITIES.indexOf(alarm.priority));
  }
  return PRIORITIES[worst] ?? null;
}

export function countByPriority(alarms: Iterable<AlarmLike>): Record<Priority, number> {
  const counts: Record<Priority, number> = { critical: 0, high: 0, medium: 0, low: 0 };
  for (const alarm of alarms) counts[alarm.priority] += 1;
  return counts;
}
