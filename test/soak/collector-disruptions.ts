import type { PastFault } from '../simulators/polymarket/faults.ts';
import { schema, type SoakHouse } from './collector-house.ts';

/** The collector takes a stream for frozen after 15 s; what was shorter need not be noticed. */
const noticedMs = 20_000;
/** Between what happened and what the ledger takes for its beginning. */
const slackMs = 5000;

/**
 * How often the stream of trades certainly stood still, and how often of that the coverage ledger says
 * so: as a gap, or as a range that was made up for.
 */
export async function notedDisruptions(
  house: SoakHouse,
  faults: readonly PastFault[],
  moduleDeathsMs: readonly number[],
): Promise<{ readonly all: number; readonly noted: number }> {
  const times = [...moduleDeathsMs, ...faults.filter(isDisruption).map(({ fromMs }) => fromMs)];
  const noted = await house.withDatabase(async (client) => {
    const { rows } = await client.query<{ n: string }>(
      `SELECT count(*) n FROM unnest($1::float8[]) AS happened(ms)
       WHERE EXISTS (
         SELECT FROM (
           SELECT stream, from_ts, to_ts FROM ${schema}.coverage_backfills
           UNION ALL SELECT stream, from_ts, to_ts FROM ${schema}.coverage_gaps) noted
         WHERE stream LIKE 'trades%'
           AND from_ts <= to_timestamp((ms + $2) / 1000) AND to_ts >= to_timestamp(ms / 1000))`,
      [times, slackMs],
    );
    return Number(rows[0]?.n);
  });
  return { all: times.length, noted };
}

function isDisruption({ fault, fromMs, untilMs }: PastFault): boolean {
  if (fault.kind === 'disconnect') return fault.share === 1;
  const isLong = untilMs !== null && untilMs - fromMs >= noticedMs;
  return fault.kind === 'freeze' && fault.share === 1 && isLong;
}
