/**
 * A time zone, as far as Node's `Intl` knows it. `Intl` can only be asked for the local time of an
 * instant, which takes microseconds; so a zone remembers its offset for spans of four days and what
 * changed within each. No zone has changed twice within six days since 1970.
 */
import { dayMs } from './calendar.ts';

/** From `atMs` on the clock on the wall is ahead of UTC by `afterMs`, until then by `beforeMs`. */
export interface OffsetChange {
  readonly atMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** The offset at the span's start, and the change after that, its end included. */
interface Span {
  readonly offsetMs: number;
  readonly change: OffsetChange | null;
}

const spanMs = 4 * dayMs;
const spansMax = 10_000;
/** More than there are names of zones. */
const zonesMax = 1000;

const zones = new Map<string, Zone>();

/** Throws a RangeError for a name that `Intl` does not know. */
export function zoneOf(name: string): Zone {
  const known = zones.get(name);
  if (known) return known;
  const zone = new Zone(name);
  if (zones.size >= zonesMax) zones.clear();
  zones.set(name, zone);
  return zone;
}

export class Zone {
  readonly #format: Intl.DateTimeFormat;
  readonly #spans = new Map<number, Span>();

  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** How far the clock on the wall is ahead of UTC; whole seconds. */
  offsetMsAt(atMs: number): number {
    const { offsetMs, change } = this.#span(Math.floor(atMs / spanMs));
    return change !== null && atMs >= change.atMs ? change.afterMs : offsetMs;
  }

  /** The first change after one instant and up to the other, which is included. */
  nextChange(afterMs: number, untilMs: number): OffsetChange | null {
    const last = Math.ceil(untilMs / spanMs) - 1;
    for (let index = Math.floor(afterMs / spanMs); index <= last; index++) {
      const { change } = this.#span(index);
      if (change !== null && change.atMs > afterMs) return change.atMs <= untilMs ? change : null;
    }
    return null;
  }

  /** The change that came last within the day before this instant, or comes at it. */
  recentChange(atMs: number): OffsetChange | null {
    return this.nextChange(atMs - dayMs, atMs);
  }

  /** Of a local time that comes twice the first, of one that is left out the end of the gap. */
  instantOf(localMs: number): number {
    let sinceMs = localMs - 2 * dayMs;
    let offsetMs = this.offsetMsAt(sinceMs);
    for (;;) {
      const atMs = Math.max(localMs - offsetMs, sinceMs);
      const change = this.nextChange(sinceMs, atMs);
      if (change === null) return atMs;
      sinceMs = change.atMs;
      offsetMs = change.afterMs;
    }
  }

  #span(index: number): Span {
    const known = this.#spans.get(index);
    if (known) return known;
    const startMs = index * spanMs;
    const span = this.#measured(startMs, startMs + spanMs);
    if (this.#spans.size >= spansMax) this.#spans.clear();
    this.#spans.set(index, span);
    return span;
  }

  #measured(startMs: number, endMs: number): Span {
    const beforeMs = this.#askedOffsetMs(startMs);
    const afterMs = this.#askedOffsetMs(endMs);
    if (beforeMs === afterMs) return { offsetMs: beforeMs, change: null };
    let [stillMs, atMs] = [startMs, endMs];
    while (atMs - stillMs > 1000) {
      const middleMs = Math.floor((stillMs + atMs) / 2000) * 1000;
      if (this.#askedOffsetMs(middleMs) === beforeMs) stillMs = middleMs;
      else atMs = middleMs;
    }
    return { offsetMs: beforeMs, change: { atMs, beforeMs, afterMs } };
  }

  /** Of a whole second. */
  #askedOffsetMs(atMs: number): number {
    const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = this.#format
      .format(atMs)
      .split(/\D+/)
      .map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second) - atMs;
  }
}
