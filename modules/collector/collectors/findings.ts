/** What the venue's services say of how some markets ended, put together. */
import type { Resolution } from '../rows.ts';
import { conditionsMax } from '../venue/data.ts';
import { isRefused } from '../venue/error.ts';
import type { OfficialResolution } from '../venue/official-resolution.ts';
import type { Venue } from '../venue/venue.ts';
import type { Cycle } from './cycles.ts';
import { isWinnerWanted, type Listed, resolutionOf } from './verdict.ts';

export interface Suspect {
  readonly conditionId: string;
  readonly outcomes: readonly string[];
  readonly tokenIds: readonly string[];
  /** As Gamma lists it; null where it was not asked. */
  readonly listed: Listed | null;
}

/** So often the CLOB may give no answer; then it is not asked any more for these markets. */
const failuresMax = 3;

/**
 * Of those of which something can be said. Rejects when the Data API does not answer: without it weaker
 * evidence would pass for the strongest there is. A market that the CLOB gives no answer for is left
 * out, for its turn to come again.
 */
export async function findings(
  venue: Venue,
  suspects: readonly Suspect[],
  cycle: Cycle,
  signal: AbortSignal,
): Promise<readonly Resolution[]> {
  const found: Resolution[] = [];
  const errorsBefore = cycle.errors.length;
  for (let from = 0; from < suspects.length; from += conditionsMax) {
    const some = suspects.slice(from, from + conditionsMax);
    const ids = some.map(({ conditionId }) => conditionId);
    const official = new Map<string, OfficialResolution>();
    for (const row of await officialOf(venue, ids, cycle, signal))
      official.set(row.conditionId.toLowerCase(), row);
    for (const suspect of some) {
      const known = official.get(suspect.conditionId.toLowerCase()) ?? null;
      const evidence = { ...suspect, official: known, winnerTokenId: null };
      const isWanted = isWinnerWanted(evidence);
      if (isWanted && cycle.errors.length - errorsBefore >= failuresMax) continue;
      await cycle.attempt(signal, async () => {
        const winnerTokenId = isWanted
          ? await venue.clob.winner(suspect.conditionId, signal)
          : null;
        const resolution = resolutionOf({ ...evidence, winnerTokenId });
        if (resolution !== null) found.push(resolution);
      });
    }
    signal.throwIfAborted();
  }
  return found;
}

/** One id that the Data API does not take has it refuse all: then each half is asked for by itself. */
async function officialOf(
  venue: Venue,
  ids: readonly string[],
  cycle: Cycle,
  signal: AbortSignal,
): Promise<readonly OfficialResolution[]> {
  try {
    const { rows, garbage } = await venue.data.resolutions(ids, signal);
    cycle.quarantine(garbage);
    return rows;
  } catch (error) {
    if (!isRefused(error)) throw error;
    if (ids.length === 1) return [];
    const middle = Math.ceil(ids.length / 2);
    return [
      ...(await officialOf(venue, ids.slice(0, middle), cycle, signal)),
      ...(await officialOf(venue, ids.slice(middle), cycle, signal)),
    ];
  }
}
