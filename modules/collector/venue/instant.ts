const written =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** 2001-09-09 in milliseconds, and the year 5138 in seconds: nothing of the venue's lies outside. */
const millisecondsFrom = 1e11;
const microsecondsFrom = 1e14;
const yearMax = 2200;

/**
 * A moment in any of the venue's ways of writing one: seconds, milliseconds or microseconds since
 * 1970, as a number or as text; ISO 8601 with up to nine digits of a second; and
 * "2026-01-31 20:00:00+00". A date alone is its midnight, and what names no zone is UTC. Null for what
 * is none of these, for days that no calendar has, and for 0, which stands for "never".
 */
export function instantOf(value: unknown): Date | null {
  if (typeof value === 'number') return fromEpoch(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^\d{1,17}(?:\.\d{1,9})?$/.test(text)) return fromEpoch(Number(text));
  const parts = written.exec(text);
  return parts === null ? null : fromParts(parts);
}

function fromEpoch(epoch: number): Date | null {
  if (!(epoch > 0)) return null;
  if (epoch < millisecondsFrom) return plausible(epoch * 1000);
  return plausible(epoch < microsecondsFrom ? epoch : epoch / 1000);
}

function fromParts([, ...parts]: readonly (string | undefined)[]): Date | null {
  const numbers = parts.slice(0, 6).map((part) => Number(part ?? 0));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers;
  if (hour > 23 || minute > 59 || second > 60) return null;
  const midnight = new Date(Date.UTC(year, month - 1, day));
  // The thirtieth of February becomes a day of March.
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return null;
  const milliseconds = Math.floor(Number(`0.${parts[6] ?? 0}`) * 1000);
  const timeMs = ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
  return plausible(midnight.getTime() + timeMs - offsetMs(parts[7]));
}

function offsetMs(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', ''));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

function plausible(epochMs: number): Date | null {
  const date = new Date(Math.floor(epochMs));
  return date.getTime() > 0 && date.getUTCFullYear() <= yearMax ? date : null;
}
