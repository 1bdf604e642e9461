/**
 * Looks after modules that run: whether they work, by their health checks, and whether their
 * processes are there. It restarts nothing itself: it says what is unfit, and the supervisor's one
 * restart path does the rest.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ModuleConfig, WatchdogConfig } from '../../config/effective.ts';
import { type BoundedCommand, BoundedCommands } from '../bounded-command.ts';
import type { LostTime } from './stall.ts';
import type { System } from '../system.ts';
import type { CheckedModule, CheckWays } from './check.ts';
import { HealthChecker, type HealthNews } from './checker.ts';
import type { LatestCheck } from './health-report.ts';
import { ProcessCheck } from './process-check.ts';
import type { ExpectedProcess, Finding, Trouble } from './processes.ts';

export interface WatchedModule extends CheckedModule, ExpectedProcess {
  readonly config: ModuleConfig;
}

export interface WatchdogAlert {
  readonly severity: 'warning' | 'critical';
  readonly module: string;
  readonly type: string;
  readonly message: string;
}

export interface WatchdogOptions {
  readonly system: System;
  /** As `Clocks.bootMs`. */
  readonly bootMs: () => number;
  /** Every module that is ready. */
  readonly running: () => readonly WatchedModule[];
  /** One of them. */
  readonly find: (module: string) => WatchedModule | null;
  /** The launch of the module's link; null when it has none. */
  readonly linkOf: (module: string) => string | null;
  readonly askLink: CheckWays['askLink'];
  /** Throws when the command cannot be executed. */
  readonly planCommand: (
    module: WatchedModule,
    command: readonly [string, ...string[]],
  ) => BoundedCommand;
  readonly onHealth: (news: HealthNews) => void;
  readonly unfit: (
    module: string,
    launch: string,
    reason: 'unhealthy' | 'gone',
    why: string,
  ) => void;
  readonly raise: (alert: WatchdogAlert) => void;
  readonly onStall: (lost: LostTime) => void;
  readonly onFault: (doing: string, error: unknown) => void;
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #commands: BoundedCommands;
  readonly #checker: HealthChecker;
  readonly #processes: ProcessCheck;
  /** What is due later is not the doing of the call that led to it, whose id the log would show. */
  readonly #apart = AsyncLocalStorage.snapshot();
  #isOn = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    const { system, running } = options;
    this.#commands = new BoundedCommands(system);
    this.#checker = new HealthChecker({
      ...options,
      ways: { askLink: options.askLink, runCommand: (...args) => this.#runCommand(...args) },
      hasLink: ({ name, launch }) => options.linkOf(name) === launch,
      onNews: (news) => this.#onHealth(news),
      onUnfit: (name, launch, why) => {
        const { failures } = options.find(name)?.config.health ?? { failures: 0 };
        const all = failures === 1 ? 'its check failed' : `${failures} checks in a row failed`;
        options.unfit(name, launch, 'unhealthy', `unhealthy: ${all}: ${why}`);
      },
      onFault: (name, error) => options.onFault(`check the health of "${name}"`, error),
    });
    this.#processes = new ProcessCheck({
      system,
      running,
      onTrouble: (finding) => this.#onTrouble(finding),
    });
  }

  /** Looks from now on, as far as it is enabled. Also after every change of the configuration. */
  begin({ enabled, checkIntervalMs }: WatchdogConfig): void {
    this.#isOn = enabled;
    if (enabled) this.#processes.begin(checkIntervalMs);
    else {
      this.#processes.stop();
      this.#forgetHealth();
    }
    for (const { name } of this.#options.running()) this.look(name);
  }

  stop(): void {
    this.#isOn = false;
    this.#processes.stop();
    this.#checker.clear();
  }

  /** Something about this module has changed, such as its state. */
  look(module: string): void {
    if (this.#isOn) this.#apart(() => this.#checker.look(module));
  }

  /** It has said hello. */
  linked(module: string): void {
    if (this.#isOn) this.#apart(() => this.#checker.linked(module));
  }

  /** The host stood still, as somebody else has noticed: see `HealthChecker`. */
  beginAnew(): void {
    this.#apart(() => this.#checker.beginAnew());
  }

  /** The last check of its present launch; null before there was one. */
  latest(module: string): LatestCheck | null {
    return this.#checker.latest(module);
  }

  #runCommand(
    name: string,
    command: readonly [string, ...string[]],
    signal: AbortSignal,
  ): Promise<string | null> {
    const module = this.#options.find(name);
    if (module === null) return Promise.resolve('it does not run any more');
    try {
      return this.#commands.run(this.#options.planCommand(module, command), signal);
    } catch (error) {
      return Promise.resolve((error as Error).message);
    }
  }

  /** Nobody looks any more, so that nothing is known. */
  #forgetHealth(): void {
    this.#checker.clear();
    for (const { name, launch } of this.#options.running()) {
      this.#options.onHealth({ name, launch, before: 'healthy', health: 'unknown', why: null });
    }
  }

  #onHealth(news: HealthNews): void {
    this.#options.onHealth(news);
    if (news.health !== 'unhealthy') return;
    const { name: module, why } = news;
    const message = `${module} is unhealthy: ${why ?? 'no reason is known'}`;
    this.#options.raise({ severity: 'warning', module, type: 'unhealthy', message });
  }

  #onTrouble({ name: module, launch, trouble }: Finding): void {
    const { raise, unfit } = this.#options;
    const message = `${module} ${troubles[trouble]}`;
    raise({ severity: 'warning', module, type: trouble, message });
    // A stopped process has been stopped by somebody, who may be looking at it.
    if (trouble !== 'stopped') unfit(module, launch, 'gone', message);
  }
}

const troubles: Readonly<Record<Trouble, string>> = {
  gone: 'has no process any more, and nobody has told how it ended',
  zombie: 'has ended, and its keeper does not take notice (a zombie)',
  stopped: 'is stopped by a signal (SIGSTOP): it does nothing until it gets SIGCONT',
};
