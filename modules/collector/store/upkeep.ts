/**
 * Looks after the partitions every hour: made ahead, dropped when they are old.
 * A round that fails is told and comes again in a minute.
 */
import { type Clock, pause } from '../../api/clock.ts';
import type { Database } from '../../api/database.ts';
import type { Logger } from '../../api/log.ts';
import { callOptions } from './call-options.ts';
import { type ClockLook, type ClockVerdict, judgeClock } from './clock-trust.ts';
import { dayMs, type DayTable, dayTables, dayText } from './days.ts';
import { type PartitionStep, planPartitions } from './partition-plan.ts';
import type { Partitions } from './partitions.ts';

export type Retention = Readonly<Record<DayTable, number | null>>;

export interface UpkeepParts {
  readonly database: Database;
  readonly partitions: Partitions;
  /** Days, or null for ever. */
  readonly retention: Retention;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export interface UpkeepReport {
  /** Such as "trades 2026-11-22". */
  readonly made: readonly string[];
  readonly dropped: readonly string[];
  /** Old enough, but somebody was reading the table. */
  readonly postponed: readonly string[];
}

const roundMs = 3_600_000;
const retryMs = 60_000;
/** The ledger of days that no table has any more is no use, but harmless: it stays a year longer. */
const ledgerDays = 455;

export class Upkeep {
  readonly #parts: UpkeepParts;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** A round each hour, the first in an hour. Rejects with the signal's reason when it is aborted. */
  async run(signal: AbortSignal): Promise<never> {
    const { clock, log } = this.#parts;
    let delayMs = roundMs;
    for (;;) {
      await pause(clock, delayMs, signal);
      try {
        await this.round(signal);
        delayMs = roundMs;
      } catch (error) {
        signal.throwIfAborted();
        log.error('cannot look after the partitions; again in 60 s', { error });
        delayMs = retryMs;
      }
    }
  }

  /** Once, now. */
  async round(signal?: AbortSignal): Promise<UpkeepReport> {
    const { partitions, retention, clock, log } = this.#parts;
    const verdict = await this.#lookAtClock(clock.now(), signal);
    const tables = [];
    for (const table of dayTables) {
      const days = await partitions.list(table, signal);
      tables.push({ table, days, retentionDays: retention[table] });
    }
    const plan = planPartitions({ nowMs: clock.now(), tables, mayDrop: verdict.mayDrop });
    const report = {
      made: plan.make.map(nameOf),
      dropped: [] as string[],
      postponed: [] as string[],
    };
    await partitions.make(plan.make, signal);
    for (const step of plan.drop) {
      const isDropped = await partitions.drop(step, signal);
      (isDropped ? report.dropped : report.postponed).push(nameOf(step));
    }
    await this.#pruneLedger(clock.now(), verdict.mayDrop, signal);
    if (report.dropped.length > 0) log.info('dropped what is older than is kept', { ...report });
    return report;
  }

  async #lookAtClock(nowMs: number, signal?: AbortSignal): Promise<ClockVerdict> {
    const { database, log } = this.#parts;
    const options = callOptions(signal);
    const { rows } = await database.query<{ looked_at: Date; held_until: Date | null }>(
      'SELECT looked_at, held_until FROM upkeep',
      [],
      options,
    );
    const verdict = judgeClock(lookOf(rows[0]), nowMs);
    if (verdict.jumpedMs !== null) {
      const days = Math.round(verdict.jumpedMs / dayMs);
      log.warn(
        `the clock is ${days} days from where it was last seen: nothing is dropped for a day`,
      );
    }
    await database.query(
      `INSERT INTO upkeep (looked_at, held_until) VALUES ($1, $2)
       ON CONFLICT (only_row) DO UPDATE SET looked_at = $1, held_until = $2`,
      [new Date(nowMs), verdict.heldUntilMs === null ? null : new Date(verdict.heldUntilMs)],
      { ...options, isIdempotent: true },
    );
    return verdict;
  }

  async #pruneLedger(nowMs: number, mayDrop: boolean, signal?: AbortSignal): Promise<void> {
    if (!mayDrop) return;
    const before = new Date(nowMs - ledgerDays * dayMs);
    const options = { isIdempotent: true, ...callOptions(signal) };
    for (const [table, column] of ledgerTimes) {
      await this.#parts.database.query(
        `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM ${table} WHERE ${column} < $1 LIMIT 10000))`,
        [before],
        options,
      );
    }
  }
}

function nameOf({ table, day }: PartitionStep): string {
  return `${table} ${dayText(day)}`;
}

const ledgerTimes = [
  ['coverage_intervals', 'covered_until'],
  ['coverage_gaps', 'to_ts'],
  ['coverage_backfills', 'to_ts'],
  ['coverage_counts', 'day'],
  ['coverage_streams', 'expected_until'],
] as const;

function lookOf(row: { looked_at: Date; held_until: Date | null } | undefined): ClockLook | null {
  if (row === undefined) return null;
  return { lookedAtMs: row.looked_at.getTime(), heldUntilMs: row.held_until?.getTime() ?? null };
}
