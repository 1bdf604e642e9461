/**
 * The partitions that there are, made and dropped. Making one waits for nobody: a table of its own is
 * attached, which lets reads and writes of the others go on. Dropping one needs a moment without any
 * reader, so it gives up soon and the next round tries again.
 */
import { type Database, DatabaseError } from '../../api/database.ts';
import { admitDay } from './day-admission.ts';
import { callOptions } from './call-options.ts';
import {
  dayMs,
  dayOf,
  type DayTable,
  dayTables,
  dayText,
  partitionDay,
  partitionName,
} from './days.ts';
import type { PartitionStep } from './partition-plan.ts';

export class Partitions {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #days = new Map<DayTable, Set<number>>(dayTables.map((table) => [table, new Set()]));

  readonly #oddDays = new Map<DayTable, number>();

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** As they are in the database now. */
  async list(table: DayTable, signal?: AbortSignal): Promise<ReadonlySet<number>> {
    const { rows } = await this.#database.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = to_regclass($1)`,
      [table],
      callOptions(signal),
    );
    const days = rows.map(({ name }) => partitionDay(table, name)).filter((day) => day !== null);
    const known = new Set(days);
    this.#days.set(table, known);
    return known;
  }

  /**
   * Makes what is missing for the days of these times, as far as a day may have a partition. Gives
   * the days that may not.
   */
  async ensure(
    table: DayTable,
    timesMs: readonly number[],
    signal?: AbortSignal,
  ): Promise<ReadonlySet<number>> {
    const refused = new Set<number>();
    const known = this.#of(table);
    for (const day of new Set(timesMs.map(dayOf))) {
      if (known.has(day)) continue;
      const oddDays = this.#oddDays.get(table) ?? 0;
      const admission = admitDay(day, dayOf(this.#now()), oddDays);
      if (admission === 'refused') {
        refused.add(day);
        continue;
      }
      await this.make([{ table, day }], signal);
      if (admission === 'odd') this.#oddDays.set(table, oddDays + 1);
    }
    return refused;
  }

  /** Those of them that are not there, all or none. Another process may do the same just then. */
  async make(steps: readonly PartitionStep[], signal?: AbortSignal): Promise<void> {
    if (steps.length === 0) return;
    await this.#database.transaction(async (transaction) => {
      await transaction.query(`SET LOCAL lock_timeout = '10s'`);
      await transaction.query(`SELECT pg_advisory_xact_lock(hashtext($1))`, [partitionLock]);
      await transaction.query(
        `DO $partitions$ BEGIN ${steps.map(makeStep).join('')} END $partitions$`,
      );
    }, callOptions(signal));
    for (const { table, day } of steps) this.#of(table).add(day);
  }

  /** False when somebody reads the table: nothing was done. */
  async drop({ table, day }: PartitionStep, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#database.transaction(async (transaction) => {
        await transaction.query(`SET LOCAL lock_timeout = '1s'`);
        await transaction.query(`DROP TABLE IF EXISTS ${partitionName(table, day)}`);
      }, callOptions(signal));
    } catch (error) {
      if (error instanceof DatabaseError && error.sqlState === lockNotAvailable) return false;
      throw error;
    }
    this.#of(table).delete(day);
    return true;
  }

  #of(table: DayTable): Set<number> {
    let days = this.#days.get(table);
    if (days === undefined) this.#days.set(table, (days = new Set()));
    return days;
  }
}

/** Of transactions that make partitions. */
const partitionLock = 'superbot collector partitions';
/** SQLSTATE of a lock that did not come in time. */
const lockNotAvailable = '55P03';

/** The name is that of a partition already where somebody was quicker. */
function makeStep({ table, day }: PartitionStep): string {
  const name = partitionName(table, day);
  return `
    IF to_regclass('${name}') IS NULL THEN
      CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
      ALTER TABLE ${table} ATTACH PARTITION ${name}
        FOR VALUES FROM ('${dayText(day)} 00:00:00+00') TO ('${dayText(day + dayMs)} 00:00:00+00');
    END IF;`;
}
