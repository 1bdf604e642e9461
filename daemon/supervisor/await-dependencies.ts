/** What a launch waits for before anything is spawned. */
import type { Hold } from './dependencies.ts';
import type { Life } from './life.ts';
import type { Neighbourhood } from './neighbourhood.ts';

/** How long a caller of start waits for dependencies; the module itself waits on. */
const callerWaitMs = 60_000;
/** After a dependency has failed and is back, its dependants follow one by one, all within the latter. */
const returnStepMs = 1000;
const returnSpanMs = 30_000;
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
    const isChecked = life.dependsOn.get(dependency) === 'healthy';
    const why = `it is not ${isChecked ? 'healthy' : 'ready'} yet`;
    life.attempt.settle({ kind: 'blocked', dependency, why });
    found = await life.until(look, dayMs);
  }
  if (found !== 'met') return found;
  const delayMs = returnDelayMs(life, neighbourhood);
  if (delayMs > 0) {
    const lookAgain = (): 'cancelled' | Hold | null => {
      const seen = look();
      return seen === 'met' ? null : seen;
    };
    const turnedAway = await life.until(lookAgain, delayMs);
    if (turnedAway !== null) return turnedAway;
  }
  const hasAllWants = (): boolean => neighbourhood.unmetWants(life.name).length === 0;
  await life.until(() => (isCancelled() || hasAllWants() ? true : null), softWaitMs);
  return isCancelled() ? 'cancelled' : 'met';
}

/** So that what has just come back, such as a database, does not have all of them at once. */
function returnDelayMs({ name, returnsTo }: Life, neighbourhood: Neighbourhood): number {
  if (returnsTo === null) return 0;
  const dependants = neighbourhood.dependantsOf(returnsTo);
  const stepMs = Math.min(returnStepMs, returnSpanMs / Math.max(1, dependants.length));
  return Math.max(0, dependants.indexOf(name)) * stepMs;
}
