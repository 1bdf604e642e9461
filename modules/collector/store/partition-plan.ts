/** Which partitions are to be made and which to be dropped now. Pure. */
import { dayMs, dayOf, type DayTable } from './days.ts';

export interface PartitionState {
  readonly nowMs: number;
  readonly tables: readonly TablePartitions[];
  /** While the clock is in doubt nothing is dropped. */
  readonly mayDrop: boolean;
}

export interface TablePartitions {
  readonly table: DayTable;
  readonly days: ReadonlySet<number>;
  /** Whole days that are kept beside the present one; null for ever. */
  readonly retentionDays: number | null;
}

export interface PartitionStep {
  readonly table: DayTable;
  readonly day: number;
}

export interface PartitionPlan {
  readonly make: readonly PartitionStep[];
  /** Oldest first. */
  readonly drop: readonly PartitionStep[];
}

/** So many days ahead, so that a database or a collector that is away at midnight does not matter. */
const aheadDays = 3;
/** The day before too: what was traded before midnight may come after it. */
const behindDays = 1;
/** Of one table in one run: a mistake costs little before somebody sees it. */
const dropsMax = 2;

export function planPartitions({ nowMs, tables, mayDrop }: PartitionState): PartitionPlan {
  const today = dayOf(nowMs);
  const make: PartitionStep[] = [];
  const drop: PartitionStep[] = [];
  for (const { table, days, retentionDays } of tables) {
    for (let day = today - behindDays * dayMs; day <= today + aheadDays * dayMs; day += dayMs) {
      if (!days.has(day)) make.push({ table, day });
    }
    if (!mayDrop || retentionDays === null) continue;
    const oldestKept = today - Math.max(retentionDays, behindDays) * dayMs;
    const old = [...days].filter((day) => day < oldestKept).sort((one, other) => one - other);
    drop.push(...old.slice(0, dropsMax).map((day) => ({ table, day })));
  }
  return { make, drop };
}
