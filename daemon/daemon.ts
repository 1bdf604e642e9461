/**
 * The composition root: builds every part in order, hands each what it needs, and stops them in
 * reverse. The steps are those of the daemon's guide, each logged as it is done.
 */
import { rmSync } from 'node:fs';
import type { Config } from '../config/effective.ts';
import type { LoadedConfig } from '../config/load.ts';
import { type HomePaths, socketPathProblem } from '../config/paths.ts';
import type { MethodResult } from '../rpc/contract.ts';
import type { LogLine } from '../rpc/shapes.ts';
import type { OnRefusal } from '../rpc/refusal.ts';
import { RpcServer } from '../rpc/server.ts';
import { contractDispatcher } from '../rpc/table.ts';
import { issueTokens } from './access.ts';
import { Configuration } from './configuration.ts';
import { removeDaemonFiles, removeRunDir, writePrivateFile } from './home.ts';
import { Guardian } from './keeper/guardian.ts';
import { listSurvivors } from './keeper/protocol.ts';
import { Links } from './links.ts';
import { correlated } from './logs/correlation.ts';
import { LogFollowers } from './logs/follow.ts';
import type { Log } from './logs/daemon-log.ts';
import { configMethods } from './methods/config.ts';
import { daemonMethods } from './methods/daemon.ts';
import { linkMethods } from './methods/link.ts';
import { logMethods } from './methods/logs.ts';
import { moduleMethods } from './methods/module.ts';
import { rpcMethods } from './methods/rpc.ts';
import { bootId } from './processes.ts';
import { RefusalLog } from './refusal-log.ts';
import { readState, StateStore } from './state-store.ts';
import { Subscriptions } from './subscriptions.ts';
import type { ModuleContext } from './supervisor/context.ts';
import { planLaunch } from './supervisor/launch/plan.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { logTransition } from './supervisor/transition-log.ts';
import type { System } from './system.ts';
import { version } from './version.ts';

export interface DaemonOptions {
  readonly system: System;
  readonly paths: HomePaths;
  readonly config: Config;
  /** Where `config` comes from. */
  readonly loaded: Extract<LoadedConfig, { ok: true }>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
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
  readonly #links: Links;
  readonly #followers: LogFollowers;
  readonly #cleanStart: boolean;
  #server: RpcServer | null = null;

  /** Builds every part; nothing runs before `start`. */
  constructor(options: DaemonOptions) {
    const { system, paths, config, log } = options;
    this.#options = options;
    this.#startedAtMs = system.now();
    this.#startedMonotonicMs = system.monotonicMs();
    const { state, damaged } = readState(paths.state);
    if (damaged !== null) log.error(`state.json was damaged: kept as "${damaged}", begun anew`);
    this.#cleanStart = state.clean || state.boot_id !== bootId();
    this.#guardian = new Guardian({
      home: paths.root,
      onExit: (name, launch, exit) => this.#supervisor.onExit(name, launch, exit),
      onReplaced: (children) => this.#supervisor.onKeeperReplaced(children),
      onLine: (line) => this.#followers.take(line as LogLine),
      onSkipped: (name, count) => this.#followers.skipped(name, count),
      log: (text) => log.warn(text),
    });
    this.#store = new StateStore(paths.state, () => this.#supervisor.memories());
    const remembered = { cleanStart: this.#cleanStart, modules: state.modules };
    this.#supervisor = new Supervisor(config, remembered, this.#moduleContext());
    this.#links = new Links({
      providers: () =>
        [...config.modules.values()].map(({ name, provides, dependsOn, wants }) => ({
          module: name,
          namespaces: [name, ...provides],
          uses: [...dependsOn.keys(), ...wants],
        })),
      ownerOfToken: (token) => this.#supervisor.ownerOfToken(token),
    });
    this.#followers = new LogFollowers(
      (modules) => this.#guardian.follow(modules),
      () => this.#supervisor.names,
    );
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
    this.#server = this.#buildServer();
    await this.#server.start();
    const endpoint = this.#server.endpoint ?? '';
    writePrivateFile(paths.endpoint, `${endpoint}\n`);
    log.info({ step: 6, endpoint }, 'RPC answers');
    // First, so that a daemon that dies now does not leave "clean" behind beside running modules.
    await this.#store.save();
    this.#supervisor.begin(this.#guardian.startedFresh && !this.#cleanStart);
    log.info({ step: 9 }, 'wanted modules are starting');
    log.info({ step: 10 }, 'system ready');
    return endpoint;
  }

  /** Stops every module, then every part. Resolves when nothing of the daemon runs but itself. */
  async stop(): Promise<void> {
    const { paths, config, log } = this.#options;
    log.info({ step: 1 }, 'shutdown begins');
    const late = await this.#supervisor.stopAll(config.shutdown.timeoutMs);
    if (late.length > 0) await this.killAll(`not ended in time: ${late.join(', ')}`);
    await this.#store.saveClean();
    log.info({ step: 4 }, 'modules stopped, state stored');
    await this.#server?.stop();
    log.info({ step: 5 }, 'RPC closed');
    await this.#guardian.end();
    await this.#guardian.stop();
    removeDaemonFiles(paths);
    removeRunDir(paths);
    log.info({ step: 10 }, 'keeper ended, pid file, socket and tokens removed');
    log.info({ step: 11 }, 'goodbye');
  }

  /** Leaves modules and keeper running for the next daemon. */
  async leave(): Promise<void> {
    const { paths, log } = this.#options;
    log.info({ step: 1 }, 'the daemon leaves, its modules stay');
    this.#supervisor.detach();
    await this.#store.save();
    await this.#server?.stop();
    log.info({ step: 5 }, 'RPC closed');
    await this.#guardian.stop();
    removeDaemonFiles(paths);
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
    const { system, paths, config, environment, log } = this.#options;
    return {
      system,
      keeper: this.#guardian,
      plan: (module, launch) =>
        planLaunch(module, launch, {
          home: paths.root,
          endpoint: this.#server?.endpoint ?? '',
          daemonEnvironment: environment,
          logs: config.logs,
        }),
      askToShutDown: (module, deadlineMs) => this.#links.askToShutDown(module, deadlineMs),
      save: () => this.#store.save(),
      showPid: (module, pid) => {
        if (pid === null) rmSync(paths.modulePid(module), { force: true });
        else writePrivateFile(paths.modulePid(module), `${pid}\n`);
      },
      onTransition: (transition) => logTransition(log, transition),
      onFault: (module, doing, err) => log.error({ module, err }, `cannot ${doing}`),
    };
  }

  #buildServer(): RpcServer {
    const { system, paths, config, loaded, environment, log } = this.#options;
    const { ipc } = config;
    const identify = issueTokens(paths, ipc.authToken, (token) =>
      this.#supervisor.ownerOfToken(token),
    );
    const refusals = new RefusalLog({ system, warn: (fields, text) => log.warn(fields, text) });
    const onRefusal: OnRefusal = (refusal) => refusals.take(refusal);
    const dispatcher = contractDispatcher({
      handlers: correlated(
        {
          ...daemonMethods({ status: () => this.#status(), stop: this.#options.onStopRequest }),
          ...configMethods(new Configuration(loaded, environment)),
          ...moduleMethods(this.#supervisor, () => this.#store.save()),
          ...linkMethods(this.#links, this.#supervisor, identify),
          ...rpcMethods(version, () => this.#links.claimed()),
          ...logMethods({
            logsDir: paths.logsDir,
            followers: this.#followers,
            subscriptions: new Subscriptions(),
            checkModule: (module) => {
              if (module !== 'daemon') this.#supervisor.get(module);
            },
            onFault: (doing, err) => log.error({ err }, `cannot ${doing}`),
          }),
        },
        system.randomHex(4),
      ),
      claimed: this.#links,
      logInternalError: (reference, err, method) =>
        log.error({ reference, err, method }, 'internal error in an RPC method'),
      onRefusal,
    });
    return new RpcServer({
      address: listenAddress(config, paths),
      auth: ipc.authRequired ? 'required' : 'none',
      identify,
      dispatcher,
      onAcceptError: (err) => log.error({ err }, 'cannot accept a connection'),
      onRefusal,
      messageBytesMax: ipc.maxMessageBytes,
    });
  }

  #status(): MethodResult<'daemon.status'> {
    const { system, paths, loaded } = this.#options;
    const modules = this.#supervisor.statuses().map((status) => [status.module, status] as const);
    return {
      status: 'running',
      pid: process.pid,
      version,
      started_at: new Date(this.#startedAtMs).toISOString(),
      uptime: (system.monotonicMs() - this.#startedMonotonicMs) / 1000,
      endpoint: this.#server?.endpoint ?? '',
      home: paths.root,
      config_dir: loaded.dir,
      modules: Object.fromEntries(modules),
    };
  }
}

function listenAddress({ ipc }: Config, paths: HomePaths) {
  const windows = process.platform === 'win32';
  if (ipc.transport === 'tcp' || (ipc.transport === 'auto' && windows)) {
    return { transport: 'tcp', host: '127.0.0.1', port: ipc.tcpPort } as const;
  }
  const path = ipc.socketPath ?? paths.socket;
  const problem = socketPathProblem(path);
  if (problem !== null) throw new Error(problem);
  return { transport: 'unix', path } as const;
}
