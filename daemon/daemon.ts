/**
 * The composition root: builds every part in order, hands each what it needs, and stops them in
 * reverse. The steps are those of the daemon's guide, each logged as it is done.
 */
import type { Config, LogsConfig } from '../config/effective.ts';
import type { HomePaths } from '../config/paths.ts';
import type { MethodResult } from '../rpc/contract.ts';
import type { RpcServer } from '../rpc/server.ts';
import type { LogLine } from '../rpc/shapes.ts';
import { buildApi } from './api/api.ts';
import { Links } from './api/links.ts';
import type { Configuration } from './configuration.ts';
import { Guardian } from './guardian/guardian.ts';
import { HomeWatch } from './home/home-watch.ts';
import { writeModulePid, writePrivateFile } from './home/home.ts';
import { Journal } from './journal/journal.ts';
import { listSurvivors } from './keeper/protocol.ts';
import { type LineSources, whenLineMatches } from './logs/await-line.ts';
import type { Log } from './logs/daemon-log.ts';
import { LogFollowers } from './logs/follow.ts';
import { ownLaunch } from './own-launch.ts';
import { bootId } from './processes.ts';
import { Reload } from './reload.ts';
import { readState, StateStore } from './state-store.ts';
import type { ModuleContext } from './supervisor/context.ts';
import { planLaunch } from './supervisor/launch/plan.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { logTransition } from './supervisor/transition-log.ts';
import type { System } from './system.ts';
import { version } from './version.ts';

export interface DaemonOptions {
  readonly system: System;
  readonly paths: HomePaths;
  readonly configuration: Configuration;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** The log of the daemon itself follows these. */
  readonly onLogsConfig: (logs: LogsConfig) => void;
  /** `daemon.stop` was called and answered. */
  readonly onStopRequest: (keepModules: boolean) => void;
}

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #startedAtMs: number;
  readonly #startedMonotonicMs: number;
  readonly #guardian: Guardian;
  readonly #store: StateStore;
  readonly #supervisor: Supervisor;
  readonly #journal: Journal;
  readonly #links: Links;
  readonly #followers: LogFollowers;
  readonly #reload: Reload;
  readonly #home: HomeWatch;
  readonly #cleanStart: boolean;
  #server: RpcServer | null = null;

  /** Builds every part; nothing runs before `start`. */
  constructor(options: DaemonOptions) {
    const { system, paths, configuration, log } = options;
    this.#options = options;
    this.#startedAtMs = system.now();
    this.#startedMonotonicMs = system.monotonicMs();
    const repairSocket = async () => (await this.#server?.repair()) ?? false;
    this.#home = new HomeWatch({ system, paths, repairSocket, log });
    const { state, damaged } = readState(paths.state);
    if (damaged !== null) log.error(`state.json was damaged: kept as "${damaged}", begun anew`);
    this.#cleanStart = state.clean || state.boot_id !== bootId();
    this.#guardian = new Guardian({
      home: paths.root,
      revive: ownLaunch(options.environment),
      onExit: (name, launch, exit) => this.#supervisor.onExit(name, launch, exit),
      onReplaced: (children) => this.#supervisor.onKeeperReplaced(children),
      onLine: (line) => this.#followers.take(line as LogLine),
      onSkipped: (name, count) => this.#followers.skipped(name, count),
      log,
    });
    const requireHome = () => this.#home.requireInPlace();
    this.#store = new StateStore(paths.state, () => this.#supervisor.memories(), requireHome);
    this.#journal = new Journal({ dir: paths.journalDir, system, log });
    const remembered = { cleanStart: this.#cleanStart, modules: state.modules };
    this.#supervisor = new Supervisor(configuration.config, remembered, this.#moduleContext());
    this.#links = new Links({
      providers: () =>
        [...configuration.config.modules.values()].map(({ name, provides, dependsOn, wants }) => ({
          module: name,
          namespaces: [name, ...provides],
          uses: [...dependsOn.keys(), ...wants],
        })),
      ownerOfToken: (token) => this.#supervisor.ownerOfToken(token),
      onRefused: (module, launch, why) =>
        this.#supervisor.get(module).life.linkWasRefused(launch, why),
    });
    this.#followers = new LogFollowers(
      (modules) => this.#guardian.follow(modules),
      () => this.#supervisor.names,
    );
    this.#reload = new Reload({
      configuration,
      modules: this.#supervisor,
      prepare: (config) => this.#prepareReload(config),
      apply: (config, restart) => {
        options.onLogsConfig(config.logs);
        this.#supervisor.configure(config, restart);
      },
      log,
    });
  }

  /** Reads the configuration again; the outcome is in the log. */
  reload(): void {
    this.#reload.request();
  }

  /** Gets every line of the daemon's own log. */
  takeOwnLine(stored: string): void {
    if (this.#followers.present) this.#followers.take(JSON.parse(stored) as LogLine);
  }

  /** Resolves with the endpoint as soon as RPC answers; autostart goes on. */
  async start(): Promise<string> {
    const { paths, log } = this.#options;
    await this.#guardian.start();
    await this.#guardian.prepare(this.#supervisor.names);
    this.#supervisor.adopt(this.#guardian.children);
    log.info(
      { step: 'custody', children: this.#guardian.children.length },
      'keeper and modules taken over',
    );
    this.#server = buildApi({
      ...this.#options,
      supervisor: this.#supervisor,
      links: this.#links,
      followers: this.#followers,
      reload: this.#reload,
      status: () => this.#status(),
      save: () => this.#store.save(),
    });
    await this.#server.start();
    const endpoint = this.#server.endpoint ?? '';
    writePrivateFile(paths.endpoint, `${endpoint}\n`);
    log.info({ step: 6, endpoint }, 'RPC answers');
    await this.#home.start();
    // First, so that a daemon that dies now does not leave "clean" behind beside running modules.
    await this.#store.save();
    this.#supervisor.begin(this.#guardian.startedFresh && !this.#cleanStart);
    this.#reload.begin();
    log.info({ step: 9 }, 'wanted modules are starting');
    log.info({ step: 10 }, 'system ready');
    return endpoint;
  }

  /** It ends on purpose: the keeper does not start it again. */
  readonly goodbye = (): Promise<void> => this.#guardian.goodbye();

  /** Stops every module, then every part. Resolves when nothing of the daemon runs but itself. */
  async stop(): Promise<void> {
    const { configuration, log } = this.#options;
    log.info({ step: 1 }, 'shutdown begins');
    const late = await this.#supervisor.stopAll(configuration.config.shutdown.timeoutMs);
    if (late.length > 0) await this.killAll(`not ended in time: ${late.join(', ')}`);
    await this.#store.saveLast({ clean: true }, log);
    await this.#home.stop();
    log.info({ step: 4 }, 'modules stopped, state stored');
    await this.#server?.stop();
    log.info({ step: 5 }, 'RPC closed');
    await this.#guardian.end();
    await this.#guardian.stop();
    this.#home.clean({ keepModules: false });
    log.info({ step: 10 }, 'keeper ended, pid file, socket and tokens removed');
    this.#journal.close();
    log.info({ step: 11 }, 'goodbye');
  }

  /** Leaves modules and keeper running for the next daemon. */
  async leave(): Promise<void> {
    const { log } = this.#options;
    log.info({ step: 1 }, 'the daemon leaves, its modules stay');
    this.#supervisor.detach();
    await this.#store.saveLast({ clean: false }, log);
    await this.#home.stop();
    await this.#server?.stop();
    log.info({ step: 5 }, 'RPC closed');
    await this.#guardian.stop();
    this.#home.clean({ keepModules: true });
    this.#journal.close();
    log.info({ step: 11 }, 'goodbye, the keeper stays with the modules');
  }

  /** SIGKILL to every tree. */
  async killAll(why: string): Promise<void> {
    const { log } = this.#options;
    log.error(`SIGKILL to all modules: ${why}`);
    const survivors = await this.#guardian.killAll();
    if (survivors.length > 0) log.error(`survived SIGKILL: ${listSurvivors(survivors)}`);
  }

  #moduleContext(): ModuleContext {
    const { system, paths, configuration, environment, log } = this.#options;
    return {
      system,
      keeper: this.#guardian,
      plan: (module, launch) =>
        planLaunch(module, launch, {
          home: paths.root,
          endpoint: this.#server?.endpoint ?? '',
          daemonEnvironment: environment,
          logs: configuration.config.logs,
        }),
      askToShutDown: (module, deadlineMs) => this.#links.askToShutDown(module, deadlineMs),
      whenLineMatches: (line, onMatch) => whenLineMatches(this.#lineSources(), line, onMatch),
      save: () => this.#store.save(),
      showPid: (module, pid) => writeModulePid(paths, module, pid),
      onTransition: (transition) => {
        logTransition(log, transition);
        this.#journal.transition(transition);
      },
      onOccurrence: (module, occurrence) => this.#journal.occurrence(module, occurrence),
      onFault: (module, doing, err) => log.error({ module, err }, `cannot ${doing}`),
    };
  }

  #lineSources(): LineSources {
    const { paths, log } = this.#options;
    const onFault: LineSources['onFault'] = (doing, err) => log.error({ err }, `cannot ${doing}`);
    return { logsDir: paths.logsDir, followers: this.#followers, onFault };
  }

  async #prepareReload(config: Config): Promise<void> {
    this.#supervisor.refuseWhenClosing();
    await this.#guardian.prepare([...config.modules.keys()]);
  }

  #status(): MethodResult<'daemon.status'> {
    const { system, paths, configuration } = this.#options;
    const modules = this.#supervisor.statuses().map((status) => [status.module, status] as const);
    return {
      status: 'running',
      pid: process.pid,
      version,
      started_at: new Date(this.#startedAtMs).toISOString(),
      uptime: (system.monotonicMs() - this.#startedMonotonicMs) / 1000,
      endpoint: this.#server?.endpoint ?? '',
      home: paths.root,
      config_dir: configuration.dir,
      profile: configuration.profile,
      modules: Object.fromEntries(modules),
    };
  }
}
