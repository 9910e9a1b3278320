import { describe, expect, it } from 'vitest';
import type { Command } from '../../api/types';
import { newKey, orderOf, stepsOf, withCommand, type CommandForm } from './commands';

function command(change: Partial<Command>): Command {
  return {
    id: 1,
    device: 'jointech:8041300978',
    kind: 'unlock',
    summary: 'open the lock',
    state: 'created',
    key: 'k',
    created_by: 'ana',
    created_at: '2026-11-24T08:00:00.000Z',
    expires_at: '2026-11-24T09:00:00.000Z',
    four_eyes: true,
    authorised_by: null,
    authorised_at: null,
    sent_at: null,
    tries: 0,
    acknowledged_at: null,
    ended_at: null,
    detail: '',
    ...change,
  };
}

const FORM: CommandForm = {
  kind: 'locate',
  validity_s: 600,
  seconds: '',
  wake_min: '',
  for_s: '',
  sub_lock: '',
  window_min: '',
  text: '',
};

describe('commands', () => {
  it('are authorised by another person where four eyes are asked for', () => {
    expect(stepsOf(command({}), 'ana')).toEqual(['cancel']);
    expect(stepsOf(command({}), 'ben')).toEqual(['authorise', 'refuse', 'cancel']);
    expect(stepsOf(command({ four_eyes: false }), 'ana')).toContain('authorise');
    expect(stepsOf(command({ state: 'authorised' }), 'ben')).toEqual(['cancel']);
    expect(stepsOf(command({ state: 'sent' }), 'ben')).toEqual([]);
  });

  it('are shown in their newest state, whatever came first', () => {
    const sent = command({ state: 'sent', tries: 1 });
    expect(withCommand([], sent)).toEqual([sent]);
    expect(withCommand([sent], command({ state: 'authorised' }))).toEqual([sent]);
    const done = command({ state: 'succeeded', tries: 1 });
    expect(withCommand([sent], done)).toEqual([done]);
    expect(withCommand([done], sent)).toEqual([done]);
    const postponed = command({ state: 'authorised', tries: 1, detail: 'it is asleep' });
    expect(withCommand([sent], postponed)).toEqual([postponed]);
  });

  it('are whole before they are sent', () => {
    expect(orderOf(FORM)).toEqual({ kind: 'locate', validity_s: 600 });
    expect(orderOf({ ...FORM, kind: 'track', seconds: '5' })).toBeNull();
    expect(orderOf({ ...FORM, kind: 'track', seconds: '5', for_s: ' 60 ' })).toEqual({
      kind: 'track',
      validity_s: 600,
      seconds: 5,
      for_s: 60,
    });
    expect(orderOf({ ...FORM, kind: 'reporting-interval', seconds: '-3' })).toBeNull();
    expect(orderOf({ ...FORM, kind: 'text', text: ' ' })).toBeNull();
  });

  it('have names of their own', () => {
    expect(newKey()).toMatch(/^[0-9a-f]{32}$/);
    expect(newKey()).not.toBe(newKey());
  });
});
