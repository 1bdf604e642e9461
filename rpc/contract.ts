/**
 * The API, as one table. Handler types, validation, access, the CLI's types and the documents come
 * from it; the server dispatches on it. A method whose part is not built has no row.
 *
 * Params travel by name. `access` is the least role that may call: an operator may call everything,
 * an observer only rows marked observer, a module those and rows marked module. `anyone` rows are
 * how a caller says who it is.
 */
import * as z from 'zod';
import { collectorMethods } from './contract-collector.ts';
import { databaseMethods } from './contract-database.ts';
import { stressMethods } from './contract-stress.ts';
import * as params from './params.ts';
import { claimed, type MethodRow, row } from './row.ts';
import {
  daemonStatus,
  explanation,
  json,
  logLine,
  moduleStatus,
  planEntry,
  startedModule,
  stoppedModule,
} from './shapes.ts';
import {
  cached,
  cacheDeleteParams,
  cacheGetParams,
  cacheSetParams,
  cacheStats,
} from './shapes-cache.ts';
import { healthReport } from './shapes-health.ts';
import { metricFamilies, metricsText, report, resources } from './shapes-resources.ts';
import { scheduledJob } from './shapes-schedule.ts';
import {
  busStats,
  event,
  historyParams,
  publishParams,
  subscribed,
  subscribeParams,
  isPublishParams,
} from './shapes-event.ts';
import { balance, order, position } from './shapes-trading.ts';

/** Every method that the daemon answers. */
export const methods = {
  'daemon.status': row('observer', 'the daemon and all its modules', params.nothing, daemonStatus),
  'daemon.stop': row(
    'operator',
    'stop the daemon; its modules stop too unless keep_modules is true',
    z.strictObject({ keep_modules: z.boolean().optional() }),
    z.object({ status: z.literal('stopping') }),
  ),
  'daemon.reload_config': row(
    'operator',
    'read the configuration again and put it in force; with mistakes in it the old one stays',
    z.strictObject({ dry_run: z.boolean().optional().describe('only say what would be done') }),
    z.object({ changed: z.boolean(), plan: z.array(planEntry) }),
    ['configInvalid'],
  ),
  'module.start': row(
    'operator',
    'start a module and wait until it is ready',
    params.moduleStart,
    startedModule,
    ['startFailed', 'dependency', 'timeout'],
  ),
  'module.stop': row(
    'operator',
    'stop a module and wait until its whole process tree is gone',
    params.moduleStop,
    stoppedModule,
    ['timeout'],
  ),
  'module.restart': row(
    'operator',
    'stop a module if it runs, then start it',
    params.moduleRestart,
    stoppedModule,
    ['startFailed', 'dependency', 'timeout'],
  ),
  'module.status': row('observer', 'the status of one module', params.ofModule, moduleStatus),
  'module.list': row(
    'observer',
    'the status of every configured module',
    params.nothing,
    z.object({ modules: z.array(moduleStatus) }),
  ),
  'module.explain': row(
    'observer',
    'what happened to a module, in order, and what to do next',
    params.moduleExplain,
    explanation,
  ),
  'monitoring.health': row(
    'observer',
    'whether the modules work, each and all of them',
    params.nothing,
    healthReport,
  ),
  'monitoring.resources': row(
    'observer',
    'what the machine, the daemon and each module use now',
    params.nothing,
    resources,
  ),
  'monitoring.metrics': row(
    'observer',
    'all figures as metrics, also in the text form that Prometheus reads',
    params.monitoringMetrics,
    z.union([metricsText, metricFamilies]),
  ),
  'monitoring.report': row(
    'observer',
    'what became of each module: uptime, restarts, alerts, resources, trading result',
    params.monitoringReport,
    z.object({ text: z.string().describe('for people'), data: report }),
  ),
  'trading.positions': claimed(
    'observer',
    'open positions of the running trading module',
    params.nothing,
    z.object({ positions: z.array(position) }),
  ),
  'trading.orders': claimed(
    'observer',
    'recent orders of the running trading module, newest first',
    params.nothing,
    z.object({ orders: z.array(order) }),
  ),
  'trading.balance': claimed(
    'observer',
    'cash and equity of the running trading module',
    params.nothing,
    balance,
  ),
  ...collectorMethods,
  ...stressMethods,
  ...databaseMethods,
  'logs.tail': row(
    'observer',
    'the last stored lines of one module, or of all of them by time',
    params.logsTail,
    z.object({ lines: z.array(logLine) }),
  ),
  'logs.stream': row(
    'observer',
    'the last stored lines, then logs.line notifications as lines are written',
    params.logsStream,
    z.object({ subscription: z.string(), lines: z.array(logLine) }),
  ),
  'schedule.list': row(
    'observer',
    'every job of the schedule, with its next five runs',
    params.nothing,
    z.object({ jobs: z.array(scheduledJob) }),
  ),
  'schedule.run': row(
    'operator',
    'run a job now; answered when it has begun',
    params.ofJob,
    scheduledJob,
  ),
  'schedule.pause': row(
    'operator',
    'let a job be due without running it, until it is resumed; what runs goes on',
    params.ofJob,
    scheduledJob,
  ),
  'schedule.resume': row(
    'operator',
    'let a paused job run again when it is due; what it missed is not caught up',
    params.ofJob,
    scheduledJob,
  ),
  'events.subscribe': row(
    'observer',
    'events.event notifications of the topics that match, from now on or from an earlier one',
    subscribeParams,
    subscribed,
    ['refused'],
  ),
  'events.publish': {
    ...row(
      'module',
      'publish an event; system, module, config and schedule are words of the daemon alone',
      publishParams,
      z.object({ id: z.string() }),
      ['refused'],
    ),
    isPlain: isPublishParams,
  },
  'events.history': row(
    'observer',
    'events that are kept, oldest first: the last ones, or the first ones after "from"',
    historyParams,
    z.object({ events: z.array(event) }),
  ),
  'events.stats': row(
    'observer',
    'how many events there were, who hears them, and whose handling of them failed',
    params.nothing,
    busStats,
  ),
  'subscription.cancel': row(
    'observer',
    'end a subscription of this connection',
    z.strictObject({ subscription: z.string() }),
    z.object({}),
  ),
  'cache.get': row(
    'module',
    'the value of a key that all modules share, when it is there and has not expired',
    cacheGetParams,
    cached,
  ),
  'cache.set': row(
    'module',
    'keep a value for all modules until it expires; what was there before is replaced',
    cacheSetParams,
    z.object({}),
    ['refused'],
  ),
  'cache.delete': row(
    'module',
    'forget a value',
    cacheDeleteParams,
    z.object({ deleted: z.boolean() }),
  ),
  'cache.stats': row(
    'observer',
    'how much the cache holds, and how often what was asked for was there',
    params.nothing,
    cacheStats,
  ),
  'config.show': row(
    'operator',
    'the effective configuration in the keys of the files; secrets are shown as ***',
    params.nothing,
    z.record(z.string(), json),
  ),
  'config.validate': row(
    'operator',
    'every mistake in the configuration files as they are now, and what has no effect',
    z.strictObject({ dir: z.string().optional().describe("absolute; else the daemon's own") }),
    z.object({
      problems: z.array(z.string()).describe('file:line:column: key: what is wrong'),
      notices: z.array(z.string()),
    }),
  ),
  'config.get': row(
    'module',
    'one value of the configuration, null when it is not set; for a module of its own section only',
    z.strictObject({ path: z.string().max(1000).describe('such as daemon.modules.bot.params') }),
    z.object({ value: json }),
    ['refused'],
  ),
  'rpc.discover': row(
    'observer',
    'this API as an OpenRPC document, with what modules have claimed at present',
    params.nothing,
    z.object({ openrpc: z.string(), methods: z.array(z.object({ name: z.string() })) }),
  ),
  'auth.login': row(
    'anyone',
    'say who you are with the token from the home directory',
    z.strictObject({ token: z.string() }),
    z.object({ role: z.enum(['operator', 'observer']) }),
  ),
  'link.hello': row(
    'anyone',
    'a module introduces itself with its launch token and claims methods',
    params.linkHello,
    z.object({
      launch: z.string(),
      config_version: z.number().int(),
      /** Of a whole message: who sends a longer one loses the connection. */
      max_message_bytes: z.number().int(),
    }),
    ['refused'],
  ),
  'link.ready': row('module', 'the calling module is ready for work', params.nothing, z.object({})),
  'link.halt': row(
    'module',
    'the calling module wants to be stopped and not restarted until an operator starts it',
    z.strictObject({ reason: z.string().max(1000) }),
    z.object({}),
  ),
} as const satisfies Record<string, MethodRow>;

export type MethodName = keyof typeof methods;
export type MethodParams<M extends MethodName> = z.infer<(typeof methods)[M]['params']>;
export type MethodResult<M extends MethodName> = z.infer<(typeof methods)[M]['result']>;
export type OwnMethodName = {
  [M in MethodName]: (typeof methods)[M] extends { claimed: true } ? never : M;
}[MethodName];
