const minuteSeconds = 60;
const hourSeconds = 3600;
const daySeconds = 86_400;

/** A length of time for people, its two largest units: `45s`, `12m 5s`, `2h 5m`, `3d 4h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < minuteSeconds) return `${whole}s`;
  if (whole < hourSeconds) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  if (whole < daySeconds) {
    return `${Math.floor(whole / hourSeconds)}h ${Math.floor((whole % hourSeconds) / 60)}m`;
  }
  return `${Math.floor(whole / daySeconds)}d ${Math.floor((whole % daySeconds) / hourSeconds)}h`;
}

/** How long something took that the user waited for: `412 ms`, `1.4 s`, then as `formatDuration`. */
export function formatElapsed(elapsedMs: number): string {
  if (elapsedMs < 999.5) return `${Math.round(elapsedMs)} ms`;
  if (elapsedMs < 59_950) return `${(elapsedMs / 1000).toFixed(1)} s`;
  return formatDuration(elapsedMs / 1000);
}

/** An instant relative to now: `3m 5s ago`, `in 4s`; a text that is no time is returned as it is. */
export function formatRelative(time: string, nowMs: number): string {
  const atMs = Date.parse(time);
  if (Number.isNaN(atMs)) return time;
  const seconds = (nowMs - atMs) / 1000;
  return seconds >= 0 ? `${formatDuration(seconds)} ago` : `in ${formatDuration(-seconds)}`;
}

const unitMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** Milliseconds of a duration as configuration has it: a number of seconds, or `500ms` to `1d`. */
export function parseDuration(written: unknown): number | null {
  if (typeof written === 'number') return written * 1000;
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(String(written)) ?? [];
  const scale = unitMs.get(unit);
  return amount === undefined || scale === undefined ? null : Number(amount) * scale;
}

/**
 * The instant that `--since` names, as ISO-8601 UTC: a duration back from now (`500ms`, `10s`, `5m`,
 * `1h`, `1d`) or a date with or without a time (without an offset: local time). Null for anything else.
 */
export function parseSince(text: string, nowMs: number): string | null {
  const backMs = /[a-z]$/.test(text) ? parseDuration(text) : null;
  if (backMs !== null) return isoOrNull(nowMs - backMs);
  return /^\d{4}-\d{2}-\d{2}/.test(text) ? isoOrNull(Date.parse(text)) : null;
}

function isoOrNull(atMs: number): string | null {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/**
 * The wall clock of a time zone at an instant, and how far it is from UTC then:
 * `2026-11-23 02:00 +03:00`. A text that is no time, and a zone that is none, are returned as they are.
 */
export function formatInZone(time: string, timezone: string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  try {
    const parts = new Intl.DateTimeFormat('en-CA', {
      ...{ timeZone: timezone, hourCycle: 'h23', timeZoneName: 'longOffset' },
      ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
    }).formatToParts(at);
    const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
    const offset = part('timeZoneName').replace('GMT', '') || '+00:00';
    const date = `${part('year')}-${part('month')}-${part('day')}`;
    return `${date} ${part('hour')}:${part('minute')} ${offset}`;
  } catch (error) {
    if (error instanceof RangeError) return time;
    throw error;
  }
}
