/**
 * What the ledger has to write, until it is written. In memory and bounded; where there is no room the
 * ledger says less than was true, never more.
 *
 * A note that is changed is replaced, so that what was written can be told from what came meanwhile.
 */
import type { Quarantined } from '../rows.ts';
import { dayOf } from './days.ts';

export interface Expectation {
  readonly collector: string;
  readonly streams: readonly string[];
  /** Those of them that this run has connected. */
  readonly connected: readonly string[];
  readonly atMs: number;
}

export interface Interval {
  readonly stream: string;
  readonly connectedAtMs: number;
  readonly coveredUntilMs: number;
  readonly reason: string | null;
}

export interface StreamState {
  readonly stream: string;
  /** Null: it is not connected. */
  readonly connectedAtMs: number | null;
  readonly lastFrameAtMs: number | null;
}

export interface Missing {
  readonly stream: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
}

export interface Backfill {
  readonly stream: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: number;
}

/** Totals of this run. */
export interface Count {
  readonly stream: string;
  readonly day: number;
  readonly dropped: number;
  readonly quarantined: number;
}

export interface QuarantineNote extends Quarantined {
  readonly number: number;
}

/** Notes as they were at one moment. */
export interface NotesTaken {
  readonly expectations: readonly Expectation[];
  readonly streams: readonly StreamState[];
  readonly intervals: readonly Interval[];
  readonly missing: readonly Missing[];
  readonly backfills: readonly Backfill[];
  readonly counts: readonly Count[];
  readonly quarantined: readonly QuarantineNote[];
}

const intervalsMax = 10_000;
const missingMax = 10_000;
const backfillsMax = 10_000;
const expectationsMax = 100;
const quarantinedMax = 1000;
const rawLengthMax = 16_384;
const reasonLengthMax = 500;

export class Notes {
  readonly #streams = new Map<string, StreamState>();
  readonly #intervals = new Map<string, Interval>();
  /** All of the run: they are totals. */
  readonly #counts = new Map<string, Count>();
  readonly #changedCounts = new Set<string>();
  #expectations: Expectation[] = [];
  #missing: Missing[] = [];
  #backfills: Backfill[] = [];
  #quarantined: QuarantineNote[] = [];
  #quarantinedEver = 0;

  get isEmpty(): boolean {
    const sizes = [this.#streams.size, this.#intervals.size, this.#changedCounts.size];
    const lists = [this.#expectations, this.#missing, this.#backfills, this.#quarantined];
    return sizes.every((size) => size === 0) && lists.every(({ length }) => length === 0);
  }

  expect(expectation: Expectation): void {
    // A later one of the same collector says all that an earlier one that waits has said.
    if (this.#expectations.length >= expectationsMax) this.#expectations.shift();
    this.#expectations.push(expectation);
  }

  state(state: StreamState): void {
    this.#streams.set(state.stream, state);
  }

  interval(interval: Interval): void {
    const key = `${interval.stream} ${interval.connectedAtMs}`;
    this.#intervals.set(key, interval);
    if (this.#intervals.size <= intervalsMax) return;
    const [oldest] = this.#intervals.keys();
    if (oldest !== undefined) this.#intervals.delete(oldest);
  }

  missing(missing: Missing): void {
    const reason = missing.reason.slice(0, reasonLengthMax);
    if (this.#missing.length < missingMax) {
      this.#missing.push({ ...missing, reason });
      return;
    }
    // Missing time must not be forgotten: rather one long gap than a short one less.
    const same = this.#missing.findIndex(({ stream }) => stream === missing.stream);
    const earlier = this.#missing[same];
    if (earlier === undefined) this.#missing.push({ ...missing, reason });
    else {
      this.#missing[same] = {
        ...earlier,
        fromMs: Math.min(earlier.fromMs, missing.fromMs),
        toMs: Math.max(earlier.toMs, missing.toMs),
      };
    }
  }

  backfill(backfill: Backfill): void {
    if (this.#backfills.length < backfillsMax) this.#backfills.push(backfill);
  }

  count(stream: string, atMs: number, more: { dropped?: number; quarantined?: number }): void {
    const day = dayOf(atMs);
    const key = `${stream} ${day}`;
    const before = this.#counts.get(key);
    this.#counts.set(key, {
      stream,
      day,
      dropped: (before?.dropped ?? 0) + (more.dropped ?? 0),
      quarantined: (before?.quarantined ?? 0) + (more.quarantined ?? 0),
    });
    this.#changedCounts.add(key);
  }

  quarantine(row: Quarantined): void {
    this.count(row.collector, row.atMs, { quarantined: 1 });
    if (this.#quarantined.length >= quarantinedMax) this.#quarantined.shift();
    this.#quarantined.push({
      ...row,
      reason: row.reason.slice(0, reasonLengthMax),
      raw: row.raw.slice(0, rawLengthMax),
      number: (this.#quarantinedEver += 1),
    });
  }

  take(): NotesTaken {
    return {
      expectations: [...this.#expectations],
      streams: [...this.#streams.values()],
      intervals: [...this.#intervals.values()],
      missing: [...this.#missing],
      backfills: [...this.#backfills],
      counts: [...this.#changedCounts].flatMap((key) => this.#counts.get(key) ?? []),
      quarantined: [...this.#quarantined],
    };
  }

  /** Forgets what was written, but for what has changed since. */
  written(taken: NotesTaken): void {
    this.#expectations = without(this.#expectations, taken.expectations);
    this.#missing = without(this.#missing, taken.missing);
    this.#backfills = without(this.#backfills, taken.backfills);
    this.#quarantined = without(this.#quarantined, taken.quarantined);
    removeSame(this.#streams, new Set(taken.streams));
    removeSame(this.#intervals, new Set(taken.intervals));
    const counts = new Set(taken.counts);
    for (const key of this.#changedCounts) {
      const count = this.#counts.get(key);
      if (count !== undefined && counts.has(count)) this.#changedCounts.delete(key);
    }
  }
}

function without<Note>(notes: readonly Note[], written: readonly Note[]): Note[] {
  const gone = new Set(written);
  return notes.filter((note) => !gone.has(note));
}

function removeSame<Note>(notes: Map<string, Note>, written: ReadonlySet<Note>): void {
  for (const [key, note] of notes) if (written.has(note)) notes.delete(key);
}
