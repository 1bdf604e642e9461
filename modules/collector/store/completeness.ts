/**
 * How much of a time a stream has covered. Pure.
 *
 * Covered is what a connection or a back-fill brought. A known gap inside a connection takes away from
 * it; a back-fill brings all of its time, gaps included.
 */
import { lengthMs, subtract, type TimeSpan, union, within } from './spans.ts';

export interface StreamRecord {
  /** When it was to be collected. */
  readonly expected: TimeSpan;
  /** From each connection to what of it is stored. */
  readonly connected: readonly TimeSpan[];
  /** Known to be missing in spite of a connection. */
  readonly missing: readonly TimeSpan[];
  readonly backfilled: readonly TimeSpan[];
}

export interface Completeness {
  readonly expectedMs: number;
  readonly coveredMs: number;
  /** In [0, 1], rounded down to six digits so that 1 is said of the whole only; null: not expected. */
  readonly share: number | null;
}

/** Of all streams together, in the time between. */
export function completenessOf(records: readonly StreamRecord[], span: TimeSpan): Completeness {
  let expectedMs = 0;
  let coveredMs = 0;
  for (const record of records) {
    const expected = within([record.expected], span);
    expectedMs += lengthMs(expected);
    coveredMs += lengthMs(expected) - lengthMs(subtract(expected, coveredBy(record)));
  }
  const share = expectedMs === 0 ? null : Math.floor((coveredMs / expectedMs) * 1e6) / 1e6;
  return { expectedMs, coveredMs, share };
}

/** What the stream should have brought in that time and did not, oldest first. */
export function uncovered(record: StreamRecord, span: TimeSpan): TimeSpan[] {
  return subtract(within([record.expected], span), coveredBy(record));
}

function coveredBy({ connected, missing, backfilled }: StreamRecord): TimeSpan[] {
  return union([...subtract(connected, missing), ...backfilled]);
}
