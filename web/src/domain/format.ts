// Numbers, times and places as text. SI symbols only; words belong to i18n.

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** How long ago or how long, in the two largest units that matter: `45 s`, `12 min`, `3 h 10 min`, `2 d 4 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < MINUTE_S) return `${seconds} s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min`;
  if (seconds < DAY_S) {
    const minutes = Math.floor((seconds % HOUR_S) / MINUTE_S);
    return `${Math.floor(seconds / HOUR_S)} h${minutes > 0 ? ` ${minutes} min` : ''}`;
  }
  const hours = Math.floor((seconds % DAY_S) / HOUR_S);
  return `${Math.floor(seconds / DAY_S)} d${hours > 0 ? ` ${hours} h` : ''}`;
}

/** `14:04:05` */
export function clock(at: Date, zone: 'utc' | 'local'): string {
  return zone === 'utc'
    ? `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}`
    : `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

/** `2026-11-24` */
export function day(at: Date, zone: 'utc' | 'local'): string {
  return zone === 'utc'
    ? `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())}`
    : `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}

/** The day only when it is not today's: `14:04:05` or `2026-11-23 14:04:05`. */
export function shortTime(at: Date, now: Date, zone: 'utc' | 'local'): string {
  return day(at, zone) === day(now, zone) ? clock(at, zone) : `${day(at, zone)} ${clock(at, zone)}`;
}

/** `2026-11-24 14:04:05` */
export function fullTime(at: Date, zone: 'utc' | 'local'): string {
  return `${day(at, zone)} ${clock(at, zone)}`;
}

/** `UTC+03:00`, for the zone that this computer is set to. */
export function localZone(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '−' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** `54.32272° N  6.35571° W`: five decimals are about a metre. */
export function coordinates(latitude: number, longitude: number): string {
  const north = `${Math.abs(latitude).toFixed(5)}° ${latitude < 0 ? 'S' : 'N'}`;
  const east = `${Math.abs(longitude).toFixed(5)}° ${longitude < 0 ? 'W' : 'E'}`;
  return `${north}, ${east}`;
}

/** A number with at most `decimals` digits and its unit after a no-break space. */
export function quantity(value: number, unit: string, decimals = 0): string {
  const rounded = Number(value.toFixed(decimals));
  return `${rounded.toLocaleString('en', { maximumFractionDigits: decimals })}\u00a0${unit}`;
}

export function count(value: number): string {
  return value.toLocaleString('en');
}

/** The compass point nearest to a course: 118° is `ESE`. */
export function compass(course_deg: number): string {
  const points = 'N NNE NE ENE E ESE SE SSE S SSW SW WSW W WNW NW NNW'.split(' ');
  return points[Math.round(course_deg / 22.5) % 16] ?? 'N';
}
