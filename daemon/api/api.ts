/** What the daemon answers: every method of the contract, joined to the part behind it. */
import type { HomePaths } from '../../config/paths.ts';
import type { MethodResult } from '../../rpc/contract.ts';
import type { OnRefusal } from '../../rpc/refusal.ts';
import { RpcServer } from '../../rpc/server.ts';
import { contractDispatcher } from '../../rpc/table.ts';
import type { Bus } from '../bus/bus.ts';
import type { Cache } from '../cache/cache.ts';
import type { Configuration } from '../configuration.ts';
import { correlated } from '../logs/correlation.ts';
import type { Log } from '../logs/daemon-log.ts';
import type { LogFollowers } from '../logs/follow.ts';
import { cacheMethods } from '../methods/cache.ts';
import { configMethods } from '../methods/config.ts';
import { daemonMethods } from '../methods/daemon.ts';
import { eventMethods, type ModuleEvent } from '../methods/events.ts';
import { healthMethods } from '../methods/health.ts';
import { linkMethods } from '../methods/link.ts';
import { logMethods } from '../methods/logs.ts';
import { moduleMethods } from '../methods/module.ts';
import { monitoringMethods } from '../methods/monitoring.ts';
import { rpcMethods } from '../methods/rpc.ts';
import { scheduleMethods } from '../methods/schedule.ts';
import type { Reload } from '../reload.ts';
import type { Resources } from '../resources/resources.ts';
import type { ScheduleContext } from '../scheduler/context.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { System } from '../system.ts';
import { version } from '../version.ts';
import { issueTokens } from './access.ts';
import { callForJob } from './job-calls.ts';
import type { Links } from './links.ts';
import { listenAddress } from './listen-address.ts';
import { RefusalLog } from './refusal-log.ts';
import { Subscriptions } from './subscriptions.ts';

export interface ApiParts {
  readonly system: System;
  readonly paths: HomePaths;
  readonly log: Log;
  readonly configuration: Configuration;
  readonly supervisor: Supervisor;
  readonly scheduler: Scheduler;
  readonly links: Links;
  readonly followers: LogFollowers;
  readonly bus: Bus;
  readonly cache: Cache;
  readonly reload: Reload;
  readonly resources: Resources;
  readonly status: () => MethodResult<'daemon.status'>;
  readonly health: () => MethodResult<'monitoring.health'>;
  /** Gets what modules publish. Must not throw. */
  readonly onModuleEvent: (event: ModuleEvent) => void;
  /** `daemon.stop` was called and answered. */
  readonly onStopRequest: (keepModules: boolean) => void;
  /** Stores what an answer depends on. */
  readonly save: () => Promise<void>;
}

export interface Api {
  readonly server: RpcServer;
  /** As an operator's connection would, on behalf of a scheduled job. */
  readonly callForJob: ScheduleContext['call'];
}

/** Issues the tokens; listens once it is started. Throws when the socket's path is impossible. */
export function buildApi(parts: ApiParts): Api {
  const { system, paths, log, configuration, supervisor, scheduler, links } = parts;
  const { ipc } = configuration.config;
  const identify = issueTokens(paths, ipc.authToken, (token) => supervisor.ownerOfToken(token));
  const refusals = new RefusalLog({ system, warn: (fields, text) => log.warn(fields, text) });
  const onRefusal: OnRefusal = (refusal) => refusals.take(refusal);
  const subscriptions = new Subscriptions();
  const handlers = {
    ...daemonMethods({
      status: parts.status,
      stop: parts.onStopRequest,
      reload: (options) => parts.reload.run(options),
    }),
    ...configMethods(configuration),
    ...moduleMethods(supervisor, parts.save, paths.journalDir, (module) =>
      scheduler.isScheduled(module),
    ),
    ...scheduleMethods(scheduler),
    ...monitoringMethods(parts.resources),
    ...linkMethods(links, supervisor, identify, () => configuration.version, ipc.maxMessageBytes),
    ...healthMethods(parts.health),
    ...rpcMethods(version, () => links.claimed()),
    ...eventMethods(parts.bus, subscriptions, parts.onModuleEvent),
    ...cacheMethods(parts.cache),
    ...logMethods({
      logsDir: paths.logsDir,
      followers: parts.followers,
      subscriptions,
      checkModule: (module) => {
        if (module !== 'daemon') supervisor.get(module);
      },
      onFault: (doing, err) => log.error({ err }, `cannot ${doing}`),
    }),
  };
  const dispatcher = contractDispatcher({
    handlers: correlated(handlers, system.randomHex(4)),
    claimed: links,
    logInternalError: (reference, err, method) =>
      log.error({ reference, err, method }, 'internal error in an RPC method'),
    onRefusal,
  });
  const server = new RpcServer({
    address: listenAddress(ipc, paths),
    auth: ipc.authRequired ? 'required' : 'none',
    identify,
    dispatcher,
    onAcceptError: (err) => log.error({ err }, 'cannot accept a connection'),
    onRefusal,
    messageBytesMax: ipc.maxMessageBytes,
  });
  return { server, callForJob: (...call) => callForJob(dispatcher, ...call) };
}
