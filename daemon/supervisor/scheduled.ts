/** What the schedule may know of modules, and do to them. */
import type { Wanted } from '../../rpc/shapes.ts';
import { keptDownBy } from './intent.ts';
import type { Life } from './life.ts';
import type { Supervisor } from './supervisor.ts';

/** How the run of a module that ends by itself has ended. */
type ModuleEnd =
  | { readonly status: 'done' }
  | { readonly status: 'failed'; readonly why: string }
  | { readonly status: 'interrupted' };

export class ScheduledModules {
  readonly #supervisor: Supervisor;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  setHours(hours: ReadonlyMap<string, Wanted>): void {
    this.#supervisor.setHours(hours);
  }

  /** @returns who keeps the module down, so that its hours change nothing; null when nobody does */
  passEdge(name: string, job: string): ReturnType<typeof keptDownBy> {
    const module = this.#supervisor.find(name);
    const keptBy = module ? keptDownBy(module.life.claims) : null;
    if (keptBy === null) module?.passEdge({ by: 'schedule', job });
    return keptBy;
  }

  /**
   * Resolves when the module has come to the end of its work, at once when it does not run. Null for
   * one that is to run always. The signal ends the wait.
   */
  endOf(name: string, signal: AbortSignal): Promise<ModuleEnd> | null {
    const module = this.#supervisor.find(name);
    if (!module || module.life.facts.config.restart.policy === 'always') return null;
    const { life } = module;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const end = signal.aborted ? null : endIn(life);
        if (end === null && !signal.aborted) return;
        unwatch();
        signal.removeEventListener('abort', look);
        if (end === null) reject(signal.reason as Error);
        else resolve(end);
      };
      const unwatch = life.watch(look);
      signal.addEventListener('abort', look);
      look();
    });
  }
}

/** Null while it runs, or is wanted and will run again. */
function endIn({ state, wanted, finished, facts }: Life): ModuleEnd | null {
  if (state === 'failed' || state === 'import_failed')
    return { status: 'failed', why: facts.lastError ?? facts.reason ?? state };
  if (state !== 'stopped' || wanted === 'up') return null;
  return finished ? { status: 'done' } : { status: 'interrupted' };
}
