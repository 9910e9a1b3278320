/** Conditions of a device, worst first. The index is the code used in the fleet's columns. */
export const CONDITIONS = ['critical', 'high', 'medium', 'low', 'silent', 'normal'] as const;
export type Condition = (typeof CONDITIONS)[number];

export const PRIORITIES = ['critical', 'high', 'medium', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** 0 is the worst. */
export function conditionCode(condition: Condition): number {
  return CONDITIONS.indexOf(condition);
}

export function conditionOf(code: number): Condition {
  return CONDITIONS[code] ?? 'normal';
}

export function isPriority(text: string): text is Priority {
  return (PRIORITIES as readonly string[]).includes(text);
}
