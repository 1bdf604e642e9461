// A supervisor with the real keeper, real processes and a real state.json, in a temporary home.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../../config/effective.ts';
import { homePaths } from '../../../config/paths.ts';
import { prepareHome } from '../../../daemon/home/home.ts';
import { readKeeperIdentity } from '../../../daemon/keeper/files.ts';
import { Guardian } from '../../../daemon/guardian/guardian.ts';
import { readState, StateStore } from '../../../daemon/state-store.ts';
import type { ModuleContext, Occurrence, Transition } from '../../../daemon/supervisor/context.ts';
import { planLaunch } from '../../../daemon/supervisor/launch/plan.ts';
import type { ManagedModule } from '../../../daemon/supervisor/module.ts';
import { restartModule, startModule, stopModule } from '../../../daemon/supervisor/operations.ts';
import type { StormNews } from '../../../daemon/supervisor/storm-guard.ts';
import { Supervisor } from '../../../daemon/supervisor/supervisor.ts';
import type { ModuleParams, ModuleState, ModuleStatus } from '../../../rpc/shapes.ts';
import { RpcError } from '../../../rpc/errors.ts';
import { failure } from '../../rpc/failure.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { environmentOf, killAll, processesOf } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { type ModuleOptions, testModule } from './test-module.ts';

const logs = { level: 'info', maxSizeBytes: 1024 * 1024, keep: 1, overflow: 'block' } as const;
export interface HouseOptions {
  readonly modules: Readonly<Record<string, ModuleOptions>>;
  readonly autostart?: readonly string[];
  readonly showPid?: ModuleContext['showPid'];
  /** Stands in for parts of the keeper that no real process can be made to show. */
  readonly keeper?: (
    keeper: ModuleContext['keeper'],
    house: TestHouse,
  ) => Partial<ModuleContext['keeper']>;
}

interface Settings {
  readonly params?: ModuleParams;
  readonly wait?: boolean;
  readonly timeoutMs?: number;
  readonly force?: boolean;
  readonly cascade?: boolean;
}

interface StopSettings {
  readonly graceful?: boolean;
  readonly wait?: boolean;
  readonly cascade?: boolean;
  readonly until?: 'schedule' | null;
}

export class TestHouse {
  readonly home = mkdtempSync(join(tmpdir(), 'sb-life-'));
  readonly clock = new FakeClock();
  readonly faults: string[] = [];
  readonly transitions: Transition[] = [];
  readonly occurrences: Occurrence[] = [];
  readonly storms: StormNews[] = [];
  readonly paths = homePaths(this.home);
  #options: HouseOptions;
  /** Counts those that have died. */
  #daemon = 0;
  #guardian!: Guardian;
  #store!: StateStore;
  supervisor!: Supervisor;

  private constructor(options: HouseOptions) {
    this.#options = options;
    prepareHome(this.paths);
  }

  static async open(options: HouseOptions): Promise<TestHouse> {
    const house = new TestHouse(options);
    await house.#begin();
    return house;
  }

  get config(): Config {
    const { modules, autostart = [] } = this.#options;
    const named = Object.entries(modules).map(([n, o]) => [n, testModule(n, o)] as const);
    return { modules: new Map(named), autostart, logs } as unknown as Config;
  }

  module(name: string): ManagedModule {
    return this.supervisor.get(name);
  }

  status(name: string): ModuleStatus {
    return this.module(name).life.status();
  }

  start(name: string, settings: Settings = {}) {
    return startModule(this.module(name), this.#startOptions(settings));
  }

  restart(name: string, settings: Settings = {}) {
    const { force = false, cascade = false } = settings;
    const cause = { by: 'operator', method: 'module.restart' } as const;
    const options = { ...this.#startOptions(settings), cause, force, cascade };
    return restartModule(this.module(name), options);
  }

  stop(name: string, settings: StopSettings = {}) {
    const { graceful = true, wait = true, cascade = false, until = null } = settings;
    const { signal } = new AbortController();
    const cause = { by: 'operator', method: 'module.stop' } as const;
    return stopModule(this.module(name), { cause, graceful, wait, cascade, until, signal });
  }

  /** Resolves with the first status that fits, from now on. */
  reaches(name: string, fits: ModuleState | ((s: ModuleStatus) => boolean)): Promise<ModuleStatus> {
    const { life } = this.module(name);
    const check = typeof fits === 'string' ? ({ state }: ModuleStatus) => state === fits : fits;
    return new Promise((resolve) => {
      const look = (): void => {
        const status = life.status();
        if (!check(status)) return;
        unwatch();
        resolve(status);
      };
      const unwatch = life.watch(look);
      look();
    });
  }

  /** The states that it went through so far. */
  path(name: string): string {
    const own = this.transitions.filter(({ module }) => module === name);
    return own.map(({ to }) => to).join(' ');
  }

  launchCount(name: string): number {
    return this.transitions.filter((t) => t.module === name && t.event === 'launch').length;
  }

  /** Launches of it that live now, as the process table shows them. */
  liveLaunches(name: string): string[] {
    const found = new Set<string>();
    for (const pid of processesOf(this.home)) {
      const variables = environmentOf(pid);
      const launch = variables.find((entry) => entry.startsWith(`SUPERBOT_LAUNCH=${name}:`));
      if (launch !== undefined) found.add(launch);
    }
    return [...found];
  }

  /** The daemon dies without a word; the next one finds the home as it is. */
  async daemonDies(meanwhile: () => Promise<unknown> | undefined = () => undefined): Promise<void> {
    this.supervisor.detach();
    // What still goes on in it is nobody's any more.
    this.#daemon++;
    await this.#store.save();
    await this.#guardian.stop();
    await meanwhile();
  }

  async daemonReturns(options: Partial<HouseOptions> = {}): Promise<void> {
    this.#options = { ...this.#options, ...options };
    await this.#begin();
  }

  get keeperPid(): number {
    return readKeeperIdentity(this.home)!.pid;
  }

  async killKeeper(): Promise<void> {
    const { keeperPid } = this;
    process.kill(keeperPid, 'SIGKILL');
    await until('the keeper to be gone', () => !processesOf(this.home).includes(keeperPid));
  }

  async close(): Promise<void> {
    this.supervisor.detach();
    await this.#guardian.stop();
    await until('nothing of the home to run', () => {
      const pids = processesOf(this.home);
      killAll(pids);
      return pids.length === 0;
    });
    await this.#store.save();
    // A call that a test has left unanswered may still store what it has come to.
    rmSync(this.home, { recursive: true, maxRetries: 10 });
  }

  async #begin(): Promise<void> {
    const { state } = readState(this.paths.state);
    this.#guardian = new Guardian({
      system: this.clock,
      home: this.home,
      onExit: (name, launch, exit) => this.supervisor.onExit(name, launch, exit),
      onReplaced: (children) => this.supervisor.onKeeperReplaced(children),
      onLine: () => undefined,
      onSkipped: () => undefined,
      revive: null,
      log: { info: () => undefined, warn: () => undefined },
    });
    this.#store = new StateStore(this.paths.state, () => this.supervisor.memories());
    const remembered = { cleanStart: state.clean, modules: state.modules };
    this.supervisor = new Supervisor(this.config, remembered, this.#context());
    await this.#guardian.start();
    this.supervisor.adopt(this.#guardian.children);
    this.supervisor.begin(this.#guardian.startedFresh && !state.clean);
  }

  #context(): ModuleContext {
    const guardian = this.#guardian;
    const daemon = this.#daemon;
    const tell = <T>(list: T[], news: T): void => {
      if (daemon === this.#daemon) list.push(news);
    };
    const real: ModuleContext['keeper'] = {
      spawn: (spec) => guardian.spawn(spec),
      stopTree: (name, launch, rule) => guardian.stopTree(name, launch, rule),
      forget: (name, launch) => guardian.forget(name, launch),
      discard: (name) => guardian.discard(name),
    };
    return {
      system: this.clock,
      keeper: { ...real, ...this.#options.keeper?.(real, this) },
      plan: (module, launch) =>
        planLaunch(module, launch, {
          home: this.home,
          endpoint: `unix:${this.paths.socket}`,
          daemonEnvironment: process.env,
          databaseUrl: () => null,
          logs,
        }),
      askToShutDown: () => Promise.resolve(false),
      whenLineMatches: () => () => undefined,
      save: (when) => this.#store.save(when),
      showPid: (module, pid) => this.#options.showPid?.(module, pid),
      onTransition: (transition) => tell(this.transitions, transition),
      onStorm: (news) => tell(this.storms, news),
      onOccurrence: (_module, occurrence) => tell(this.occurrences, occurrence),
      onFault: (module, doing, error) => tell(this.faults, `${module}: ${doing}: ${String(error)}`),
    };
  }

  #startOptions({ params, wait = true, timeoutMs }: Settings) {
    const cause = { by: 'operator', method: 'module.start' } as const;
    const { signal } = new AbortController();
    return { cause, params, wait, timeoutMs: timeoutMs ?? null, signal };
  }
}

/** The RPC error that `promise` rejects with. */
export async function rpcFailure(promise: Promise<unknown>): Promise<RpcError> {
  const error = await failure(promise);
  if (error instanceof RpcError) return error;
  throw error;
}
