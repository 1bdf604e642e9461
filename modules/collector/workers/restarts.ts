/** What follows from a crash. Pure. */
export type AfterCrash =
  | { readonly kind: 'restart'; readonly attempt: number; readonly delayMs: number }
  | { readonly kind: 'give_up' };

export const restartsMax = 5;
const baseMs = 5000;
const delayMsMax = 60_000;
/** A run of that length was a good one: what crashed before it is forgotten. */
const goodRunMs = 3_600_000;

/**
 * Restarts after 5, 10, 20, 40 and 60 s; the sixth crash is the end.
 *
 * @param restarts since the last good run
 * @param ranForMs how long the run was that has just crashed
 */
export function afterCrash(restarts: number, ranForMs: number): AfterCrash {
  const count = ranForMs >= goodRunMs ? 0 : restarts;
  if (count >= restartsMax) return { kind: 'give_up' };
  const delayMs = Math.min(baseMs * 2 ** count, delayMsMax);
  return { kind: 'restart', attempt: count + 1, delayMs };
}
