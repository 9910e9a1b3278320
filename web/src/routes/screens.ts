import type { Component } from 'svelte';

export interface ScreenProps {
  /** The part of the path that names the thing, decoded; empty where there is none. */
  parameter: string;
}

interface Screen {
  parameter: string;
  load: () => Promise<Component<ScreenProps>>;
}

/** All URLs in one place; each screen is loaded when it is first shown. */
const SCREENS: [RegExp, Screen['load']][] = [
  [/^\/$/, async () => (await import('./ControlRoom.svelte')).default],
  [/^\/alarms$/, async () => (await import('./Alarms.svelte')).default],
  [/^\/cases$/, async () => (await import('./Cases.svelte')).default],
  [/^\/cases\/figures$/, async () => (await import('./CaseFigures.svelte')).default],
  [/^\/cases\/([^/]+)$/, async () => (await import('./CasePage.svelte')).default],
  [/^\/commands$/, async () => (await import('./Commands.svelte')).default],
  [/^\/devices$/, async () => (await import('./Devices.svelte')).default],
  [/^\/devices\/([^/]+)$/, async () => (await import('./DevicePage.svelte')).default],
  [/^\/t(?:ap)?$/, async () => (await import('./Tap.svelte')).default],
  [/^\/movements$/, async () => (await import('./Movements.svelte')).default],
  [/^\/movements\/([^/]+)\/report$/, async () => (await import('./TripReportPage.svelte')).default],
  [/^\/movements\/([^/]+)$/, async () => (await import('./MovementPage.svelte')).default],
  [/^\/account$/, async () => (await import('./Account.svelte')).default],
  [/^\/rules$/, async () => (await import('./Rules.svelte')).default],
  [/^\/s\/([^/]+)$/, async () => (await import('./Shared.svelte')).default],
  [/^\/inspect$/, async () => (await import('./Inspect.svelte')).default],
  [/^\/places$/, async () => (await import('./Places.svelte')).default],
  [/^\/registry$/, async () => (await import('./Registry.svelte')).default],
  [/^\/events\/([^/]+)$/, async () => (await import('./EventPage.svelte')).default],
];

const notFound: Screen['load'] = async () => (await import('./NotFound.svelte')).default;

export function screenOf(path: string): Screen {
  for (const [pattern, load] of SCREENS) {
    const match = pattern.exec(path);
    if (match) return { parameter: decoded(match[1] ?? ''), load };
  }
  return { parameter: '', load: notFound };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
