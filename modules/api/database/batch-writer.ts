/**
 * One loop that takes rows from the disk, then from memory, and writes them in batches; what the
 * database does not take in time it puts on disk. Rows are acknowledged in the order in which they
 * came, and never before they are committed or on disk.
 */
import { setMaxListeners } from 'node:events';
import { createHistogram } from 'node:perf_hooks';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { Attempts } from './attempts.ts';
import { BatchCommit } from './batch-commit.ts';
import { BatchFlushes } from './batch-flushes.ts';
import type { BatchMetrics, BatchRow, BatchWriter, BatchWriterOptions } from './batch-options.ts';
import { type BatchStep, nextBatchStep } from './batch-policy.ts';
import { BatchQueue } from './batch-queue.ts';
import type { RowForm } from './batch-rows.ts';
import { DatabaseError } from './error.ts';
import type { Database } from './options.ts';
import type { Spill } from './spill.ts';
import { Wake } from './wake.ts';

export interface BatchWriterParts<Row extends BatchRow<keyof Row>> extends BatchWriterOptions<Row> {
  readonly database: Pick<Database, 'query'>;
  readonly form: RowForm<Row>;
  readonly files: Spill | null;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

interface Cancellable {
  readonly signal?: AbortSignal;
}

const defaults = {
  batchRowsMax: 5000,
  flushDelayMs: 200,
  queuedRowsMax: 50_000,
  queuedBytesMax: 32 * 1024 * 1024,
};
const spillAfterMsDefault = 2000;
const flushTimeoutMsDefault = 30_000;
const databaseBackoff = { baseMs: 100, maxMs: 5000 };
const diskBackoff = { baseMs: 500, maxMs: 5000 };
const recordRowsMax = 1000;
const waitingMax = 10_000;

export class QueueingBatchWriter<Row extends BatchRow<keyof Row>> implements BatchWriter<Row> {
  readonly #parts: BatchWriterParts<Row> & typeof defaults;
  readonly #queue: BatchQueue<Row>;
  readonly #clock: Clock;
  readonly #wake: Wake;
  readonly #flushes = new BatchFlushes();
  readonly #commit: BatchCommit<Row>;
  readonly #commits: Attempts;
  readonly #spills: Attempts;
  readonly #latency = createHistogram();
  readonly #closed = new AbortController();
  /** The deadline of `close` is over. */
  readonly #late = new AbortController();
  #isLateSpillTried = false;
  /** All rows that ever came, those that earlier runs had left on disk included. */
  #entered: number;
  #retries = 0;
  #spilled: number;
  readonly #running: Promise<void>;

  constructor(parts: BatchWriterParts<Row>) {
    const { name, clock, files } = parts;
    this.#parts = { ...defaults, ...parts };
    const { queuedRowsMax: rowsMax, queuedBytesMax: bytesMax } = this.#parts;
    this.#queue = new BatchQueue({ rowsMax, bytesMax });
    this.#clock = clock;
    this.#wake = new Wake(clock);
    this.#commit = new BatchCommit({ ...parts, signal: this.#late.signal });
    this.#commits = new Attempts(`writing ${name} to the database`, databaseBackoff, parts);
    this.#spills = new Attempts(`writing ${name} to the disk`, diskBackoff, parts);
    this.#entered = files?.rows ?? 0;
    this.#spilled = this.#entered;
    setMaxListeners(0, this.#closed.signal, this.#late.signal);
    this.#running = this.#run();
  }

  get metrics(): BatchMetrics {
    const { files } = this.#parts;
    const percentileMs = (percent: number) =>
      this.#latency.count === 0 ? null : this.#latency.percentile(percent) / 1000;
    return {
      state: this.#state,
      queued_rows: this.#queue.rows,
      queued_bytes: this.#queue.bytes,
      waiting: this.#queue.waiting,
      ...this.#commit.counts,
      retries: this.#retries,
      spilled: this.#spilled,
      spill_rows: files?.rows ?? 0,
      spill_bytes: files?.bytes ?? 0,
      spill_damaged_bytes: files?.damagedBytes ?? 0,
      commit_p50_ms: percentileMs(50),
      commit_p99_ms: percentileMs(99),
      last_error: this.#commits.lastError ?? this.#spills.lastError,
    };
  }

  async write(rows: readonly Row[], { signal }: Cancellable = {}): Promise<void> {
    if (rows.length === 0) return;
    const bytes = rows.reduce((sum, row) => sum + this.#parts.form.bytesOf(row), 0);
    await new Promise<void>((resolve, reject) => {
      const admit = () => {
        const atMs = this.#clock.monotonicMs();
        this.#entered += rows.length;
        this.#queue.push(rows, bytes, atMs, (error) => {
          const tookMs = this.#clock.monotonicMs() - atMs;
          this.#latency.record(Math.max(1, Math.round(tookMs * 1000)));
          if (error === null) resolve();
          else reject(error);
        });
        if (this.#queue.rows === rows.length || this.#isBatchReady) this.#wake.ring();
      };
      this.#enter(admit, signal).catch(reject);
    });
  }

  room({ signal }: Cancellable = {}): Promise<void> {
    return this.#enter(() => undefined, signal);
  }

  async flush(options: Cancellable & { readonly timeoutMs?: number } = {}): Promise<void> {
    if (this.#committed >= this.#entered) return;
    const { signal: given, timeoutMs = flushTimeoutMsDefault } = options;
    const stop = new AbortController();
    const timer = this.#clock.after(timeoutMs, () => {
      const problem = `not all rows of ${this.#parts.name} were committed within ${timeoutMs / 1000} s: ${this.#commits.lastError ?? 'the database is slow'}`;
      stop.abort(new DatabaseError('unavailable', problem));
    });
    const signal = AbortSignal.any([stop.signal, this.#ending(given)]);
    const flushed = this.#flushes.wait(this.#entered, signal);
    this.#wake.ring();
    try {
      await flushed;
    } finally {
      timer.cancel();
    }
  }

  async close(deadlineMs = 5000): Promise<void> {
    const { name, files } = this.#parts;
    this.#closed.abort(new DatabaseError('closed', `the writer of ${name} was closed`));
    const timer = this.#clock.after(deadlineMs, () => {
      const problem = `the writer of ${name} was closed before the database had taken its rows`;
      this.#late.abort(new DatabaseError('closed', problem));
      this.#wake.ring();
    });
    this.#wake.ring();
    await this.#running;
    timer.cancel();
    await files?.close();
    if (this.#queue.rows === 0) return;
    const problem = `cannot close the writer of ${name} in time: ${this.#queue.rows} rows are neither committed nor on disk, and were not acknowledged`;
    const error = new DatabaseError('closed', problem, { mayHaveHappened: true });
    this.#queue.abandon(error);
    throw error;
  }

  get #state(): BatchMetrics['state'] {
    if (this.#closed.signal.aborted) return 'closed';
    if (this.#queue.isFull && this.#spills.failures > 0) return 'full';
    if ((this.#parts.files?.rows ?? 0) > 0) return 'spilling';
    if (this.#commits.failures > 0) return 'retrying';
    return this.#queue.rows > 0 ? 'writing' : 'idle';
  }

  /** Of all that ever came, since it is first in first out. */
  get #committed(): number {
    return this.#entered - this.#queue.rows - (this.#parts.files?.rows ?? 0);
  }

  get #isBatchReady(): boolean {
    return this.#queue.isFull || this.#queue.rows >= this.#parts.batchRowsMax;
  }

  async #enter(admit: () => void, signal: AbortSignal | undefined): Promise<void> {
    if (this.#queue.waiting < waitingMax) return this.#queue.enter(admit, this.#ending(signal));
    const problem = `cannot write ${this.#parts.name}: ${waitingMax} calls wait for room already — await room() before you write`;
    throw new DatabaseError('resources', problem);
  }

  /** Aborted with a DatabaseError when the writer is closed, or its caller gives up. */
  #ending(given: AbortSignal | undefined): AbortSignal {
    if (given === undefined) return this.#closed.signal;
    const cancelled = new AbortController();
    const onAbort = () => {
      const problem = `what was asked of the writer of ${this.#parts.name} was cancelled`;
      cancelled.abort(new DatabaseError('cancelled', problem, { cause: given.reason }));
    };
    setMaxListeners(0, given);
    if (given.aborted) onAbort();
    else given.addEventListener('abort', onAbort, { once: true });
    return AbortSignal.any([this.#closed.signal, cancelled.signal]);
  }

  async #run(): Promise<void> {
    for (let step = this.#next(); step.kind !== 'end'; step = this.#next()) {
      if (step.kind === 'wait') await this.#wake.wait(step.delayMs);
      else if (step.kind === 'spill') await this.#attempt(this.#spills, () => this.#spill());
      else await this.#attempt(this.#commits, () => this.#write());
      this.#flushes.committed(this.#committed);
    }
  }

  #next(): BatchStep {
    const { batchRowsMax, flushDelayMs, spill, files } = this.#parts;
    const isLate = this.#late.signal.aborted;
    return nextBatchStep(
      {
        nowMs: this.#clock.monotonicMs(),
        queuedRows: this.#queue.rows,
        isFull: this.#queue.isFull,
        oldestAtMs: this.#queue.oldestAtMs,
        spilledRows: this.#isLateSpillTried ? null : (files?.rows ?? null),
        failures: this.#commits.failures,
        retryAtMs: this.#commits.retryAtMs,
        spillRetryAtMs: this.#spills.retryAtMs,
        isUrgent: this.#flushes.isAny,
        closing: isLate ? 'late' : this.#closed.signal.aborted ? 'soon' : 'no',
      },
      { batchRowsMax, flushDelayMs, spillAfterMs: spill?.afterMs ?? spillAfterMsDefault },
    );
  }

  async #attempt(attempts: Attempts, run: () => Promise<void>): Promise<void> {
    try {
      await run();
      attempts.succeeded();
    } catch (error) {
      attempts.failed(error);
      if (attempts === this.#commits) this.#retries += 1;
    }
  }

  async #write(): Promise<void> {
    const { files, form, batchRowsMax } = this.#parts;
    const record = (await files?.oldest()) ?? null;
    const rows = record === null ? this.#queue.oldest(batchRowsMax) : form.fromJson(record.text);
    const { done, failure } = await this.#commit.run(rows);
    if (record === null) this.#queue.settle(done);
    else {
      const left = rows.slice(done);
      const rest = { rows: left.length, text: form.toJson(left) };
      await files?.done(done, left.length === 0 ? null : rest);
    }
    if (failure !== null) throw failure;
  }

  async #spill(): Promise<void> {
    this.#isLateSpillTried = this.#late.signal.aborted;
    const { files, form } = this.#parts;
    const rows = this.#queue.oldest(Number.POSITIVE_INFINITY);
    const records = [];
    for (let begin = 0; begin < rows.length; begin += recordRowsMax) {
      const part = rows.slice(begin, begin + recordRowsMax);
      records.push({ rows: part.length, text: form.toJson(part) });
    }
    await files?.append(records);
    this.#spilled += rows.length;
    this.#queue.settle(rows.length);
  }
}
