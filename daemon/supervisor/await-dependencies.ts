/** What a launch waits for before anything is spawned. */
import type { Hold } from './dependencies.ts';
import type { Life } from './life.ts';
import type { Neighbourhood } from './neighbourhood.ts';

/** How long a caller of start waits for dependencies; the module itself waits on. */
const callerWaitMs = 60_000;
/** How long soft dependencies are waited for. */
const softWaitMs = 5000;
const dayMs = 86_400_000;

/**
 * Resolves with `met` when the launch may go on, with `cancelled` when it is not wanted any more, or
 * with the dependency that makes it impossible for now.
 */
export async function awaitDependencies(
  life: Life,
  neighbourhood: Neighbourhood,
  isCancelled: () => boolean,
): Promise<'met' | 'cancelled' | Hold> {
  const look = (): 'met' | 'cancelled' | Hold | null => {
    if (isCancelled()) return 'cancelled';
    return neighbourhood.hold(life.name) ?? (isMet() ? 'met' : null);
  };
  const isMet = (): boolean => neighbourhood.unmet(life.name).length === 0;
  let found = await life.until(look, callerWaitMs);
  while (found === null) {
    const [dependency = ''] = neighbourhood.unmet(life.name);
    life.attempt.settle({ kind: 'blocked', dependency, why: 'it is not ready yet' });
    found = await life.until(look, dayMs);
  }
  if (found !== 'met') return found;
  const hasAllWants = (): boolean => neighbourhood.unmetWants(life.name).length === 0;
  await life.until(() => (isCancelled() || hasAllWants() ? true : null), softWaitMs);
  return isCancelled() ? 'cancelled' : 'met';
}
