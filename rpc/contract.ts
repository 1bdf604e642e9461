/**
 * The API, as one table. Handler types, validation, access, the CLI's types and the documents come
 * from it; the server dispatches on it. A method whose part is not built has no row.
 *
 * Params travel by name. `access` is the least role that may call: an operator may call everything,
 * an observer only rows marked observer, a module those and rows marked module. `anyone` rows are
 * how a caller says who it is.
 */
import * as z from 'zod';
import type { ErrorKind } from './errors.ts';
import {
  balance,
  explanation,
  json,
  logLevel,
  logLine,
  moduleName,
  moduleParams,
  moduleStatus,
  order,
  planEntry,
  position,
} from './shapes.ts';

export type Access = 'operator' | 'module' | 'observer' | 'anyone';

export interface MethodRow<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly params: P;
  readonly result: R;
  readonly access: Access;
  readonly summary: string;
  /** Answered by a module that claimed it over its link; the daemon passes it on unread. */
  readonly claimed?: true;
  /** For the documents: what a caller may meet beyond what access and params alone can cause. */
  readonly errors?: readonly ErrorKind[];
}

function row<P extends z.ZodType, R extends z.ZodType>(
  access: Access,
  summary: string,
  params: P,
  result: R,
  errors: readonly ErrorKind[] = [],
): MethodRow<P, R> {
  return { access, summary, params, result, errors };
}

function claimed<P extends z.ZodType, R extends z.ZodType>(
  access: Access,
  summary: string,
  params: P,
  result: R,
): MethodRow<P, R> & { claimed: true } {
  return { access, summary, params, result, claimed: true };
}

const nothing = z.strictObject({});
const timeoutSeconds = z.number().positive().max(86_400).describe('seconds');
const lineCount = z.number().int().min(0).max(10_000);
const cursor = z.number().int().min(0).describe('lines after this seq; needs module');

/** Every method that the daemon answers. */
export const methods = {
  'daemon.status': row(
    'observer',
    'the daemon and all its modules',
    nothing,
    z.object({
      status: z.literal('running'),
      pid: z.number().int(),
      version: z.string(),
      started_at: z.iso.datetime(),
      uptime: z.number(),
      endpoint: z.string(),
      home: z.string(),
      config_dir: z.string(),
      profile: z.string().nullable(),
      modules: z.record(z.string(), moduleStatus),
    }),
  ),
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
    z.strictObject({
      module: moduleName,
      params: moduleParams.optional(),
      wait: z.boolean().optional(),
      timeout: timeoutSeconds.optional(),
    }),
    moduleStatus.extend({ changed: z.boolean() }),
    ['startFailed', 'dependency', 'timeout'],
  ),
  'module.stop': row(
    'operator',
    'stop a module and wait until its whole process tree is gone',
    z.strictObject({
      module: moduleName,
      graceful: z.boolean().optional(),
      wait: z.boolean().optional(),
      cascade: z.boolean().optional().describe('stop those that depend on it first'),
    }),
    moduleStatus.extend({ changed: z.boolean(), also: z.array(z.string()) }),
    ['timeout'],
  ),
  'module.restart': row(
    'operator',
    'stop a module if it runs, then start it',
    z.strictObject({
      module: moduleName,
      force: z.boolean().optional(),
      params: moduleParams.optional(),
      cascade: z.boolean().optional().describe('also those that depend on it'),
      timeout: timeoutSeconds.optional(),
    }),
    moduleStatus.extend({ changed: z.boolean(), also: z.array(z.string()) }),
    ['startFailed', 'dependency', 'timeout'],
  ),
  'module.status': row(
    'observer',
    'the status of one module',
    z.strictObject({ module: moduleName }),
    moduleStatus,
  ),
  'module.list': row(
    'observer',
    'the status of every configured module',
    nothing,
    z.object({ modules: z.array(moduleStatus) }),
  ),
  'module.explain': row(
    'observer',
    'what happened to a module, in order, and what to do next',
    z.strictObject({
      module: moduleName,
      since: z.iso.datetime().optional().describe('else the last 50 entries'),
    }),
    explanation,
  ),
  'trading.positions': claimed(
    'observer',
    'open positions of the running trading module',
    nothing,
    z.object({ positions: z.array(position) }),
  ),
  'trading.orders': claimed(
    'observer',
    'recent orders of the running trading module, newest first',
    nothing,
    z.object({ orders: z.array(order) }),
  ),
  'trading.balance': claimed(
    'observer',
    'cash and equity of the running trading module',
    nothing,
    balance,
  ),
  'logs.tail': row(
    'observer',
    'the last stored lines of one module, or of all of them by time',
    z.strictObject({
      module: moduleName.optional(),
      level: logLevel.optional().describe('this level and above'),
      lines: lineCount.optional(),
      since: z.iso.datetime().optional(),
    }),
    z.object({ lines: z.array(logLine) }),
  ),
  'logs.stream': row(
    'observer',
    'the last stored lines, then logs.line notifications as lines are written',
    z.strictObject({
      module: moduleName.optional(),
      level: logLevel.optional().describe('this level and above'),
      lines: lineCount.optional(),
      from: cursor.optional(),
    }),
    z.object({ subscription: z.string(), lines: z.array(logLine) }),
  ),
  'subscription.cancel': row(
    'observer',
    'end a subscription of this connection',
    z.strictObject({ subscription: z.string() }),
    z.object({}),
  ),
  'config.show': row(
    'operator',
    'the effective configuration in the keys of the files; secrets are shown as ***',
    nothing,
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
    nothing,
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
    z.strictObject({
      module: moduleName,
      token: z.string(),
      methods: z.array(z.string()).max(256),
    }),
    z.object({ launch: z.string(), config_version: z.number().int() }),
    ['refused'],
  ),
  'link.ready': row('module', 'the calling module is ready for work', nothing, z.object({})),
  'link.halt': row(
    'module',
    'the calling module wants to be stopped and not restarted until an operator starts it',
    z.strictObject({ reason: z.string().max(1000) }),
    z.object({}),
  ),
} as const satisfies Record<string, MethodRow>;

/** What the daemon calls on a module's link. */
export const moduleMethods = {
  'link.shutdown': row(
    'anyone',
    'finish what you do and end; answered when the module has finished',
    z.strictObject({ deadline_ms: z.number() }),
    z.object({}),
  ),
} as const satisfies Record<string, MethodRow>;

/** Notifications from the daemon to a subscriber. */
export const notifications = {
  'logs.line': z.object({ subscription: z.string(), line: logLine }),
  'logs.lost': z.object({ subscription: z.string(), count: z.number().int() }),
} as const;

export type MethodName = keyof typeof methods;
export type MethodParams<M extends MethodName> = z.infer<(typeof methods)[M]['params']>;
export type MethodResult<M extends MethodName> = z.infer<(typeof methods)[M]['result']>;
export type OwnMethodName = {
  [M in MethodName]: (typeof methods)[M] extends { claimed: true } ? never : M;
}[MethodName];
export type NotificationName = keyof typeof notifications;
export type NotificationParams<N extends NotificationName> = z.infer<(typeof notifications)[N]>;
export type Role = 'operator' | 'module' | 'observer';

/** Whether a caller with this role may call a row with this access. */
export function mayCall(role: Role, access: Access): boolean {
  if (access === 'anyone' || role === 'operator') return true;
  return role === 'module' ? access !== 'operator' : access === 'observer';
}
