/** One way to a new configuration, for SIGHUP, RPC and CLI: read, judged, planned, then put in force. */
import type { Config } from '../config/effective.ts';
import type { MethodResult } from '../rpc/contract.ts';
import { RpcError } from '../rpc/errors.ts';
import type { PlanEntry } from '../rpc/shapes.ts';
import { type Configuration, ConfigurationError } from './configuration.ts';
import type { Log } from './logs/daemon-log.ts';
import { isChange, planReload, type RunningModules } from './supervisor/plan.ts';

const waitingMax = 100;

export interface ReloadOptions {
  readonly configuration: Configuration;
  readonly modules: RunningModules;
  /** What may fail is done here, before anything has changed. */
  readonly prepare: (config: Config) => Promise<void>;
  /** Must not fail: from here on the new configuration is in force. */
  readonly apply: (config: Config, restart: ReadonlySet<string>) => void;
  readonly publish: (topic: string, data: ReloadNews) => void;
  readonly log: Log;
}

/** Of `config.reloaded`, also when nothing has changed, and of `config.rejected`. */
export type ReloadNews =
  | { readonly changed: boolean; readonly plan: readonly PlanEntry[] }
  | { readonly problems: readonly string[] };

export class Reload {
  readonly #options: ReloadOptions;
  #waiting = 0;
  #begin: () => void = () => undefined;
  #last: Promise<unknown> = new Promise<void>((resolve) => (this.#begin = resolve));

  constructor(options: ReloadOptions) {
    this.#options = options;
  }

  /** The modules have begun: what was asked for before is done now. */
  begin(): void {
    this.#begin();
  }

  /** For whoever takes no answer; the outcome is in the log. One that waits serves all who ask. */
  request(): void {
    if (this.#waiting > 0) return;
    this.run({ dryRun: false }).catch((error: unknown) => {
      // A refusal is in the log already.
      if (!(error instanceof RpcError))
        this.#options.log.error({ err: error }, 'cannot reload the configuration');
    });
  }

  /**
   * One after the other. Resolves when the new configuration is in force; what is restarted by it
   * goes on then. Rejects with error −32008 when it has mistakes: the old one stays.
   */
  run(options: { dryRun: boolean }): Promise<MethodResult<'daemon.reload_config'>> {
    if (this.#waiting >= waitingMax) {
      const why = `${waitingMax} reloads are waiting already — ask again later`;
      return Promise.reject(new RpcError('refused', why, { reason: 'busy' }));
    }
    this.#waiting += 1;
    const turn = this.#last.then(() => {
      this.#waiting -= 1;
      return this.#reload(options.dryRun);
    });
    this.#last = turn.catch(toldToWhoeverAsked);
    return turn;
  }

  async #reload(dryRun: boolean): Promise<MethodResult<'daemon.reload_config'>> {
    const { configuration, modules, prepare, apply, publish, log } = this.#options;
    const next = this.#read(dryRun);
    if (!dryRun) await prepare(next.config);
    const plan = planReload(configuration.current.document, next.document, modules);
    const changed = plan.some(isChange);
    if (dryRun) return { changed, plan };
    const planned = plan.filter(({ action }) => action !== 'none');
    if (changed) {
      configuration.replace(next);
      apply(configuration.config, new Set(namesOf(plan, 'restart')));
      for (const notice of next.notices) log.warn(notice);
      log.info({ plan: planned }, 'configuration reloaded');
    } else log.info('the configuration was read again: unchanged');
    publish('config.reloaded', { changed, plan: planned });
    return { changed, plan };
  }

  #read(dryRun: boolean): ReturnType<Configuration['read']> {
    const { configuration, publish, log } = this.#options;
    try {
      return configuration.read();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const { problems } = error;
      log.error({ problems }, 'configuration rejected: the old one stays in force');
      if (!dryRun) publish('config.rejected', { problems });
      throw new RpcError(
        'configInvalid',
        `cannot reload the configuration in "${configuration.dir}": it has mistakes, so the old one stays in force — mend them and reload again`,
        { problems },
      );
    }
  }
}

function namesOf(plan: readonly PlanEntry[], action: PlanEntry['action']): string[] {
  return plan.flatMap((entry) =>
    entry.action === action && entry.module !== null ? [entry.module] : [],
  );
}

/** The next one has its turn all the same. */
function toldToWhoeverAsked(): void {
  return undefined;
}
