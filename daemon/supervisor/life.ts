/**
 * What is true of one module, changed only in ways that are in the table of states, stored and told
 * to the world at each change. It decides nothing.
 */
import type { ModuleStatus, Wanted } from '../../rpc/shapes.ts';
import type { ExitReport } from '../keeper/protocol.ts';
import { Attempt } from './attempt.ts';
import type { ModuleContext } from './context.ts';
import { type Launch, type ModuleFacts, toLastExit, toStatus } from './facts.ts';
import { type Claims, wantedOf } from './intent.ts';
import { countAfterRun } from './restart.ts';
import { type LifeEvent, nextState } from './states.ts';

export class Life {
  readonly facts: ModuleFacts;
  autostart: boolean;
  readonly #context: ModuleContext;
  readonly #watchers = new Set<() => void>();
  #attempt = new Attempt(0);

  constructor(facts: ModuleFacts, autostart: boolean, context: ModuleContext) {
    this.facts = facts;
    this.autostart = autostart;
    this.#context = context;
  }

  get name(): string {
    return this.facts.config.name;
  }

  get claims(): Claims {
    const { operator, halted, finished, config } = this.facts;
    return { operator, halted, finished, enabled: config.enabled, autostart: this.autostart };
  }

  get wanted(): Wanted {
    return wantedOf(this.claims);
  }

  /** The launch that callers of `start` wait for. */
  get attempt(): Attempt {
    return this.#attempt;
  }

  status(): ModuleStatus {
    return toStatus(this.facts, {
      wanted: this.wanted,
      restartCount: this.restartCountNow(),
      monotonicMs: this.#context.system.monotonicMs(),
    });
  }

  /** Restarts that still count: a run as long as `reset_after` forgives the earlier ones. */
  restartCountNow(): number {
    const { restartCount, launch, state, config } = this.facts;
    if (state !== 'running' || !launch?.process) return restartCount;
    const uptimeMs = this.#context.system.monotonicMs() - launch.process.startedMonotonicMs;
    return countAfterRun(restartCount, uptimeMs, config.restart.resetAfterMs);
  }

  /** Changes the state by an event of the table. Throws when the table has no such event. */
  move(event: LifeEvent, reason: string | null = null): void {
    const from = this.facts.state;
    const to = nextState(from, event);
    if (to === null) {
      throw new Error(
        `internal error: "${event}" cannot happen to "${this.name}", which is ${from}`,
      );
    }
    this.facts.state = to;
    this.facts.reason = reason;
    this.#context.onTransition({ module: this.name, event, from, to, status: this.status() });
    this.store();
    this.notify();
  }

  beginLaunch(launch: Launch): void {
    this.#attempt = new Attempt(this.#attempt.number + 1);
    this.facts.launch = launch;
    this.facts.nextRestartAtMs = null;
    this.move('launch');
  }

  /** The keeper says which process the launch is. */
  setProcess(launch: Launch): void {
    this.facts.launch = launch;
    this.#showPid(launch.process?.identity.pid ?? null);
    this.store();
    this.notify();
  }

  /** Nothing of the launch runs any more. The keeper forgets the exit once it is stored here. */
  endLaunch(exit: ExitReport | null): void {
    const { launch, state, restartCount, config } = this.facts;
    this.facts.launch = null;
    this.#showPid(null);
    if (!exit || !launch) return;
    if (state === 'running') {
      const { resetAfterMs } = config.restart;
      this.facts.restartCount = countAfterRun(restartCount, exit.uptimeMs, resetAfterMs);
    }
    this.facts.lastExit = toLastExit(exit);
    this.facts.logSeq = exit.seq;
    this.#context
      .save()
      .then(() => this.#context.keeper.forget(this.name, launch.id))
      .catch((error: unknown) => this.#context.onFault(this.name, 'store its exit', error));
  }

  /** Stores the memory soon. */
  store(): void {
    void this.stored();
  }

  /** Resolves when the memory is on the disk, or when that failed and was reported. */
  stored(): Promise<void> {
    return this.#context
      .save()
      .catch((error: unknown) => this.#context.onFault(this.name, 'store its state', error));
  }

  /** Calls back after every change until the returned function is called. */
  watch(callback: () => void): () => void {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  /**
   * Resolves with what `check` finds, asked now and after every change; with null when the time is
   * over. Rejects with the signal's reason when that is aborted.
   */
  until<T>(check: () => T | null, timeoutMs: number, signal?: AbortSignal): Promise<T | null> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        timer.cancel();
        unwatch();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const look = (): void => {
        const found = check();
        if (found !== null) finish(() => resolve(found));
      };
      const onAbort = (): void => finish(() => reject(signal?.reason as Error));
      const timer = this.#context.system.after(timeoutMs, () => finish(() => resolve(null)));
      const unwatch = this.watch(look);
      signal?.addEventListener('abort', onAbort);
      if (signal?.aborted) onAbort();
      else look();
    });
  }

  notify(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** The file is for people and scripts: a full disk must not decide over the module. */
  #showPid(pid: number | null): void {
    try {
      this.#context.showPid(this.name, pid);
    } catch (error) {
      this.#context.onFault(this.name, 'write its pid file', error);
    }
  }
}
