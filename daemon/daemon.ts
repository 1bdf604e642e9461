/**
 * The composition root: builds every part in order, hands each what it needs, and stops them in
 * reverse. The steps are those of the daemon's guide, each logged as it is done.
 */
import type { Config, LogsConfig } from '../config/effective.ts';
import type { HomePaths } from '../config/paths.ts';
import type { MethodResult } from '../rpc/contract.ts';
import type { RpcServer } from '../rpc/server.ts';
import type { LogLine } from '../rpc/shapes.ts';
import type { Alerts } from './alerts/alerts.ts';
import { buildApi } from './api/api.ts';
import type { Links } from './api/links.ts';
import { buildAlerts } from './assembly/alerts.ts';
import { buildLinks } from './assembly/links.ts';
import { moduleContext } from './assembly/module-context.ts';
import { buildModuleNews, type ModuleNews } from './assembly/module-news.ts';
import { buildSharing, type Sharing } from './assembly/sharing.ts';
import { buildWatchdog, healthOf } from './assembly/watchdog.ts';
import type { Configuration } from './configuration.ts';
import { daemonStatus } from './daemon-status.ts';
import { Ending } from './ending/ending.ts';
import { step } from './ending/shutdown.ts';
import { Guardian } from './guardian/guardian.ts';
import { HomeWatch } from './home/home-watch.ts';
import { writePrivateFile } from './home/home.ts';
import { Journal } from './journal/journal.ts';
import type { Log } from './logs/daemon-log.ts';
import { LogFollowers } from './logs/follow.ts';
import { ownLaunch } from './own-launch.ts';
import { bootId } from './processes.ts';
import { Reload } from './reload.ts';
import { buildResources } from './resources/build.ts';
import type { Resources } from './resources/resources.ts';
import type { ScheduleContext } from './scheduler/context.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import { readState, StateStore } from './state-store.ts';
import type { Transition } from './supervisor/context.ts';
import { ScheduledModules } from './supervisor/scheduled.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { logTransition } from './supervisor/transition-log.ts';
import type { System } from './system.ts';
import { LoopLagWatch } from './watchdog/loop-lag.ts';
import type { Watchdog } from './watchdog/watchdog.ts';

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
  /** How it ends: with its modules, or without them. */
  readonly ending: Ending;
  readonly #options: DaemonOptions;
  readonly #guardian: Guardian;
  readonly #store: StateStore;
  readonly #supervisor: Supervisor;
  readonly #journal: Journal;
  readonly #shared: Sharing;
  readonly #alerts: Alerts;
  readonly #news: ModuleNews;
  readonly #scheduler: Scheduler;
  readonly #links: Links;
  readonly #followers: LogFollowers;
  readonly #reload: Reload;
  readonly #home: HomeWatch;
  readonly #watchdog: Watchdog;
  readonly #loopLag: LoopLagWatch;
  readonly #resources: Resources;
  readonly #cleanStart: boolean;
  readonly #status: () => MethodResult<'daemon.status'>;
  #server: RpcServer | null = null;
  #callForJob: ScheduleContext['call'] = () => Promise.reject(new Error('RPC is not there yet'));

  /** Builds every part; nothing runs before `start`. */
  constructor(options: DaemonOptions) {
    const { system, paths, configuration, log } = options;
    this.#options = options;
    this.#shared = buildSharing({ ...options, raise: (alert) => this.#alerts.raise(alert) });
    const { publish } = this.#shared.bus;
    const repairSocket = async () => (await this.#server?.repair()) ?? false;
    this.#home = new HomeWatch({ system, paths, repairSocket, log });
    const { state, damaged } = readState(paths.state);
    if (damaged !== null) log.error(`state.json was damaged: kept as "${damaged}", begun anew`);
    this.#cleanStart = state.clean || state.boot_id !== bootId();
    this.#guardian = new Guardian({
      system,
      home: paths.root,
      revive: ownLaunch(options.environment),
      onExit: (name, launch, exit) => this.#supervisor.onExit(name, launch, exit),
      onReplaced: (children) => this.#supervisor.onKeeperReplaced(children),
      onLine: (line) => this.#followers.take(line as LogLine),
      onSkipped: (name, count) => this.#followers.skipped(name, count),
      log,
    });
    const requireHome = () => this.#home.requireInPlace();
    const memories = () => this.#supervisor.memories();
    const schedule = () => this.#scheduler.memory;
    this.#store = new StateStore(paths.state, memories, requireHome, schedule);
    this.#journal = new Journal({ dir: paths.journalDir, system, log });
    this.#alerts = buildAlerts({ ...options, journal: this.#journal, bus: this.#shared.bus });
    this.#news = buildModuleNews({
      ...options,
      bus: this.#shared.bus,
      alerts: this.#alerts,
      journal: this.#journal,
      links: () => this.#links,
      watchdog: () => this.#watchdog,
    });
    const remembered = { cleanStart: this.#cleanStart, modules: state.modules };
    const endpoint = () => this.#server?.endpoint ?? '';
    const context = moduleContext({
      ...options,
      guardian: this.#guardian,
      links: () => this.#links,
      followers: () => this.#followers,
      endpoint,
      endingLeftMs: () => this.ending.leftMs,
      save: (when) => this.#store.save(when),
      onTransition: (transition) => this.#onTransition(transition),
      onStorm: (news) => this.#alerts.life.storm(news),
      onOccurrence: (module, occurrence) => {
        this.#journal.occurrence(module, occurrence);
        this.#shared.publisher.occurrence(occurrence);
        this.#alerts.life.occurrence(module, occurrence);
      },
    });
    this.#supervisor = new Supervisor(configuration.config, remembered, context);
    this.#status = daemonStatus({ ...options, supervisor: this.#supervisor, endpoint });
    this.#scheduler = new Scheduler(state.schedule, {
      ...options,
      modules: new ScheduledModules(this.#supervisor),
      call: (...call) => this.#callForJob(...call),
      save: () => this.#store.save(),
      publish,
    });
    this.#links = buildLinks({
      configuration,
      log,
      supervisor: this.#supervisor,
      onHello: (module) => {
        this.#watchdog.linked(module);
        this.#news.linked(module);
      },
    });
    this.#watchdog = buildWatchdog({
      ...options,
      supervisor: this.#supervisor,
      links: this.#links,
      endpoint,
      onLinkAnswer: (module, answer) => this.#loopLag.reports.takeAnswer(module, answer),
      raise: this.#alerts.raise,
      publish,
      onLostTime: this.#news.timeWasLost,
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
        this.#scheduler.configure(config.schedule);
        this.#supervisor.configure(config, restart);
        this.#watchdog.begin(config.watchdog);
        this.#resources.configure();
      },
      publish,
      log,
    });
    this.#loopLag = new LoopLagWatch({ system, publish, log });
    this.#resources = buildResources({
      ...options,
      config: () => configuration.config,
      running: () => this.#supervisor.running(),
      statuses: () => this.#supervisor.statuses(),
      unfit: (module, ...found) => this.#supervisor.find(module)?.unfit(...found),
      raise: this.#alerts.raise,
      lag: () => this.#loopLag.last,
      cache: () => this.#shared.cache.stats(),
      exchange: () => this.#shared.bus.stats().exchange,
      health: () => healthOf(this.#supervisor, this.#watchdog, this.#shared.backends)(),
      ask: (method, timeoutMs) => this.#links.ask(method, timeoutMs),
    });
    this.ending = new Ending({
      ...options,
      supervisor: this.#supervisor,
      guardian: this.#guardian,
      store: this.#store,
      home: this.#home,
      closeRpc: () => this.#server?.stop(),
      announce: (stay) => publish('system.shutdown', { pid: process.pid, modules_stay: stay }),
      steps: [
        step('pre', 2, 'scheduler stopped', () => this.#scheduler.stop()),
        step('pre', 3, 'watchdog stopped', () => {
          this.#watchdog.stop();
          this.#news.stop();
          this.#loopLag.stop();
          return this.#resources.stop();
        }),
        ...this.#shared.steps,
        step('post', 10, 'last alerts told', () => this.#alerts.stop()),
      ],
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
    this.#scheduler.prepare(this.#options.configuration.config.schedule);
    const { server, callForJob } = buildApi({
      ...this.#options,
      supervisor: this.#supervisor,
      scheduler: this.#scheduler,
      links: this.#links,
      followers: this.#followers,
      bus: this.#shared.bus,
      cache: this.#shared.cache,
      reload: this.#reload,
      resources: this.#resources,
      status: this.#status,
      health: healthOf(this.#supervisor, this.#watchdog, this.#shared.backends),
      onModuleEvent: this.#news.take,
      save: () => this.#store.save(),
    });
    this.#server = server;
    this.#callForJob = callForJob;
    this.#shared.start();
    await this.#server.start();
    const endpoint = this.#server.endpoint ?? '';
    writePrivateFile(paths.endpoint, `${endpoint}\n`);
    log.info({ step: 6, endpoint }, 'RPC answers');
    await this.#home.start();
    // First, so that a daemon that dies now does not leave "clean" behind beside running modules.
    await this.#store.save();
    this.#loopLag.start();
    await this.#resources.start();
    this.#watchdog.begin(this.#options.configuration.config.watchdog);
    log.info({ step: 7 }, 'watchdog started');
    await this.#scheduler.start();
    log.info({ step: 8 }, 'scheduler started');
    this.#supervisor.begin(this.#guardian.startedFresh && !this.#cleanStart);
    this.#reload.begin();
    log.info({ step: 9 }, 'wanted modules are starting');
    this.#shared.bus.publish('system.ready', {
      pid: process.pid,
      modules: [...this.#supervisor.names],
    });
    log.info({ step: 10 }, 'system ready');
    log.info({ step: 11 }, 'running until it is asked to stop');
    return endpoint;
  }

  /** It ends on purpose: the keeper does not start it again. */
  readonly goodbye = (): Promise<void> => this.#guardian.goodbye();

  #onTransition(transition: Transition): void {
    logTransition(this.#options.log, transition);
    this.#journal.transition(transition);
    this.#shared.publisher.take(transition);
    this.#alerts.life.transition(transition);
    this.#news.transition(transition);
    this.#watchdog.look(transition.module);
  }

  async #prepareReload(config: Config): Promise<void> {
    this.#supervisor.refuseWhenClosing();
    await this.#guardian.prepare([...config.modules.keys()]);
  }
}
