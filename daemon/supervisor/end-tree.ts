/** Ends whatever runs of a module: over its link, by signal, by SIGKILL. And what follows from it. */
import type { ModuleConfig } from '../../config/effective.ts';
import { describeSurvivors } from '../keeper/protocol.ts';
import type { ModuleContext } from './context.ts';

/** Share of the time until SIGKILL in which a linked module may finish before it is signalled. */
export const shutdownShare = 0.8;
/** How long a module that has answered may take to exit by itself before it is signalled. */
const exitPatienceMs = 1000;

export type EndOfTree =
  { readonly kind: 'gone' } | { readonly kind: 'alive'; readonly why: string };

/**
 * Never rejects: what cannot be ended is said in `why`.
 * @param launch null when only leftovers of earlier launches are sought
 * @param isForceful asked when the grace begins and again when it is time for the signal
 * @param exited resolves when the launch has exited, at the latest after so many milliseconds
 */
export async function endTree(
  { keeper, system, askToShutDown }: Pick<ModuleContext, 'keeper' | 'system' | 'askToShutDown'>,
  { name, stop }: Pick<ModuleConfig, 'name' | 'stop'>,
  launch: string | null,
  isForceful: () => boolean,
  exited: (withinMs: number) => Promise<unknown>,
): Promise<EndOfTree> {
  const startedMs = system.monotonicMs();
  const leftMs = (): number => Math.max(0, stop.timeoutMs - (system.monotonicMs() - startedMs));
  try {
    if (launch !== null && !isForceful()) {
      const answered = await askToShutDown(name, stop.timeoutMs * shutdownShare);
      // A signal in the middle of its own end would look like the cause of it.
      if (answered) await exited(Math.min(exitPatienceMs, leftMs()));
    }
    const rule = { ...stop, timeoutMs: isForceful() ? 0 : leftMs() };
    const survivors = await keeper.stopTree(name, launch, rule);
    if (survivors.length === 0) return { kind: 'gone' };
    return { kind: 'alive', why: describeSurvivors(survivors) };
  } catch (error) {
    return { kind: 'alive', why: `cannot end it: ${(error as Error).message}` };
  }
}

/** What makes a running module worth a restart: the watchdog's judgement. */
const unfitnesses = ['unhealthy', 'memory', 'cpu', 'gone'] as const;
export type Unfitness = (typeof unfitnesses)[number];

/** Why a launch is ended by us. `reclaimed`: its output may be lost, so it is ended and started once. */
export type EndCause = 'intent' | 'start_timeout' | 'reclaimed' | Unfitness;

export function isUnfit(cause: EndCause): cause is Unfitness {
  return unfitnesses.some((unfitness) => unfitness === cause);
}

/**
 * What an end leads to. A launch that was too slow or unfit counts as failed only if nobody has asked
 * for something else meanwhile. Pure.
 * @param expected it was to end, or to make way for a new launch, whatever came before
 */
export function afterEnd(
  end: EndOfTree,
  { cause, expected }: { cause: EndCause; expected: boolean },
): 'stop_failed' | 'start_failed' | 'unfit' | 'rest' {
  if (end.kind === 'alive') return 'stop_failed';
  if (expected) return 'rest';
  if (isUnfit(cause)) return 'unfit';
  return cause === 'start_timeout' ? 'start_failed' : 'rest';
}
