import { describe, expect, it } from 'vitest';
import { type AlarmLike, countByPriority, matches, worstAndNewestFirst, worstOpen } from './alarms';

function alarm(change: Partial<AlarmLike>): AlarmLike {
  return {
    id: 1,
    title: 'Seal cut',
    detail: 'The lock rope was cut',
    device: 'jointech:8041300978',
    priority: 'critical',
    state: 'raised',
    raised_at: '2026-11-24T08:00:00.000Z',
    ...change,
  };
}

describe('the order of alarms', () => {
  it('puts the worst first and then the newest', () => {
    const old_critical = alarm({ id: 1 });
    const new_critical = alarm({ id: 2, raised_at: '2026-11-24T09:00:00.000Z' });
    const new_low = alarm({ id: 3, priority: 'low', raised_at: '2026-11-24T10:00:00.000Z' });
    const order = [new_low, old_critical, new_critical].sort(worstAndNewestFirst).map(({ id }) => id);
    expect(order).toEqual([2, 1, 3]);
  });

  it('lets the number decide between equals', () => {
    expect([alarm({ id: 1 }), alarm({ id: 2 })].sort(worstAndNewestFirst).map(({ id }) => id)).toEqual([
      2, 1,
    ]);
  });
});

describe('the filter of alarms', () => {
  const all = { search: '', priorities: [], waiting_only: false };

  it('shows everything when nothing is asked for', () => {
    expect(matches(alarm({}), all)).toBe(true);
  });

  it('wants every word, wherever it stands', () => {
    expect(matches(alarm({}), { ...all, search: 'CUT 8041' })).toBe(true);
    expect(matches(alarm({}), { ...all, search: 'cut 999' })).toBe(false);
  });

  it('knows who waits for a person', () => {
    expect(matches(alarm({ state: 'cleared' }), { ...all, waiting_only: true })).toBe(true);
    expect(matches(alarm({ state: 'acknowledged' }), { ...all, waiting_only: true })).toBe(false);
  });

  it('keeps to the priorities', () => {
    expect(matches(alarm({ priority: 'low' }), { ...all, priorities: ['critical'] })).toBe(false);
  });
});

describe('the condition that alarms give a device', () => {
  it('is the worst that is open', () => {
    const alarms = [alarm({ state: 'closed' }), alarm({ priority: 'medium' }), alarm({ priority: 'low' })];
    expect(worstOpen(alarms)).toBe('medium');
    expect(worstOpen([])).toBeNull();
  });

  it('counts by priority', () => {
    expect(countByPriority([alarm({}), alarm({ priority: 'low' })])).toEqual({
      critical: 1,
      high: 0,
      medium: 0,
      low: 1,
    });
  });
});
