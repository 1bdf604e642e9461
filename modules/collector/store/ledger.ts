/** The coverage ledger: notes, written together every two seconds. */
import { randomUUID } from 'node:crypto';
import { type Clock, pause } from '../../api/clock.ts';
import type { Database } from '../../api/database.ts';
import type { Logger } from '../../api/log.ts';
import type { Quarantined } from '../rows.ts';
import type { Coverage, Gap } from '../store.ts';
import { readGaps } from './gaps.ts';
import { writeNotes } from './ledger-write.ts';
import { Notes } from './notes.ts';

export interface LedgerParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

/** What is known of a stream while it is one. */
interface Stream {
  connectedAtMs: number | null;
  coveredUntilMs: number;
  lastFrameAtMs: number | null;
}

const flushMs = 2000;
/** While the database is away. */
const flushMsMax = 30_000;

export class Ledger implements Coverage {
  readonly #parts: LedgerParts;
  readonly #notes = new Notes();
  readonly #streams = new Map<string, Stream>();
  /** Counts are kept by run, so that writing them twice changes nothing. */
  readonly #run = randomUUID();
  #flushing: Promise<unknown> = Promise.resolve();

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  /** Writes what waits, until it is aborted: then it rejects with the signal's reason. */
  async run(signal: AbortSignal): Promise<never> {
    const { clock, log } = this.#parts;
    let delayMs = flushMs;
    for (;;) {
      await pause(clock, delayMs, signal);
      try {
        await this.flush(signal);
        delayMs = flushMs;
      } catch (error) {
        signal.throwIfAborted();
        if (delayMs === flushMs) log.warn('cannot write the coverage ledger yet', { error });
        delayMs = Math.min(delayMs * 2, flushMsMax);
      }
    }
  }

  expect(collector: string, streams: readonly string[], atMs: number): void {
    for (const name of this.#streams.keys()) {
      if (name.split('/', 1)[0] !== collector || streams.includes(name)) continue;
      this.#end(name, 'no longer one of its streams');
      this.#streams.delete(name);
    }
    const connected = streams.filter((name) => this.#streams.get(name)?.connectedAtMs);
    this.#notes.expect({ collector, streams, connected, atMs });
  }

  connected(stream: string, atMs: number): void {
    this.#end(stream, 'connected anew');
    const known = this.#of(stream);
    known.connectedAtMs = atMs;
    known.coveredUntilMs = atMs;
    this.#note(stream, known, null);
  }

  disconnected(stream: string, _atMs: number, reason: string): void {
    this.#end(stream, reason);
  }

  frame(stream: string, atMs: number): void {
    const known = this.#of(stream);
    known.lastFrameAtMs = Math.max(known.lastFrameAtMs ?? 0, atMs);
    this.#noteState(stream, known);
  }

  covered(stream: string, untilMs: number): void {
    const known = this.#of(stream);
    if (known.connectedAtMs === null || untilMs <= known.coveredUntilMs) return;
    known.coveredUntilMs = untilMs;
    this.#note(stream, known, null);
  }

  gap(stream: string, fromMs: number, toMs: number, reason: string): void {
    if (fromMs < toMs) this.#notes.missing({ stream, fromMs, toMs, reason });
  }

  backfilled(stream: string, fromMs: number, toMs: number, rows: number): void {
    if (fromMs < toMs) this.#notes.backfill({ stream, fromMs, toMs, rows });
  }

  dropped(stream: string, count: number, atMs: number): void {
    this.#notes.count(stream, atMs, { dropped: count });
  }

  quarantine(rows: readonly Quarantined[]): void {
    for (const row of rows) this.#notes.quarantine(row);
  }

  async gaps(collector: string, sinceMs: number, signal?: AbortSignal): Promise<readonly Gap[]> {
    await this.flush(signal);
    return readGaps(this.#parts.database, collector, sinceMs, signal);
  }

  /** One after the other: each writes all that waits when it begins. */
  flush(signal?: AbortSignal): Promise<void> {
    // The next one begins also after one that failed, which is told to whoever asked for that one.
    const flushed = this.#flushing.then(() => this.#flush(signal));
    this.#flushing = Promise.allSettled([flushed]);
    return flushed;
  }

  async #flush(signal?: AbortSignal): Promise<void> {
    if (this.#notes.isEmpty) return;
    const taken = this.#notes.take();
    await writeNotes(this.#parts.database, this.#run, taken, signal);
    this.#notes.written(taken);
  }

  #of(stream: string): Stream {
    let known = this.#streams.get(stream);
    if (known === undefined) {
      known = { connectedAtMs: null, coveredUntilMs: 0, lastFrameAtMs: null };
      this.#streams.set(stream, known);
    }
    return known;
  }

  #end(stream: string, reason: string): void {
    const known = this.#streams.get(stream);
    if (known === undefined || known.connectedAtMs === null) return;
    this.#note(stream, known, reason);
    known.connectedAtMs = null;
    this.#noteState(stream, known);
  }

  #note(stream: string, known: Stream, reason: string | null): void {
    const { connectedAtMs, coveredUntilMs } = known;
    if (connectedAtMs === null) return;
    this.#notes.interval({ stream, connectedAtMs, coveredUntilMs, reason });
    this.#noteState(stream, known);
  }

  #noteState(stream: string, { connectedAtMs, lastFrameAtMs }: Stream): void {
    this.#notes.state({ stream, connectedAtMs, lastFrameAtMs });
  }
}
