/**
 * The configuration as the daemon works with it: every default filled, durations in milliseconds,
 * sizes in bytes, paths absolute. What is optional in the file is null here, never undefined.
 */
import { resolve } from 'node:path';
import type { ModuleDocument } from './module-schema.ts';
import type { DaemonDocument } from './schema.ts';
import { durationMs, sizeBytes } from './units.ts';

type Daemon = DaemonDocument['daemon'];
type Restart = ModuleDocument['restart'];
type Json = ModuleDocument['params'][string];

export interface Config {
  /** By name, in the order of the file. */
  readonly modules: ReadonlyMap<string, ModuleConfig>;
  readonly autostart: readonly string[];
  readonly ipc: IpcConfig;
  readonly shutdown: { readonly timeoutMs: number };
  readonly logs: LogsConfig;
}

export type ModuleConfig = NodeModuleConfig | ExecModuleConfig;

export interface NodeModuleConfig extends AnyModuleConfig {
  readonly type: 'node';
  readonly entry: ModuleEntry;
}

export interface ExecModuleConfig extends AnyModuleConfig {
  readonly type: 'exec';
  /** The program first: absolute when it was written with a "/", else to be found in PATH. */
  readonly command: readonly [string, ...string[]];
}

/** `superbot:NAME`, or the absolute path of a script. */
export type ModuleEntry =
  | { readonly kind: 'shipped'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

export interface AnyModuleConfig {
  readonly name: string;
  readonly enabled: boolean;
  readonly args: readonly string[];
  readonly params: Readonly<Record<string, Json>>;
  /** Namespaces it may claim besides its own name. */
  readonly provides: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly envInherit: readonly string[];
  readonly cwd: string;
  readonly user: string | null;
  readonly restart: RestartConfig;
  readonly ready: ReadyConfig;
  readonly stop: StopConfig;
}

export interface RestartConfig {
  readonly policy: Restart['policy'];
  readonly maxRestarts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** The floor of every delay, from `daemon.watchdog.restart_cooldown`; it may exceed the others. */
  readonly minDelayMs: number;
  /** A share of the delay, 0 to 1. */
  readonly jitter: number;
  readonly resetAfterMs: number;
  readonly retryFailedMs: number | null;
}

export type ReadyConfig =
  | { readonly kind: 'link'; readonly timeoutMs: number }
  | { readonly kind: 'after'; readonly afterMs: number; readonly timeoutMs: number };

export interface StopConfig {
  readonly signal: NodeJS.Signals;
  readonly timeoutMs: number;
  readonly scope: ModuleDocument['stop']['scope'];
}

export interface IpcConfig {
  /** Absolute; null means the home's own. Its length is not checked here. */
  readonly socketPath: string | null;
  readonly transport: Daemon['ipc']['transport'];
  /** A loopback address, never a name. */
  readonly tcpHost: string;
  readonly tcpPort: number;
  /** On the Unix socket; TCP always requires it. */
  readonly authRequired: boolean;
  readonly authToken: string | null;
  readonly maxMessageBytes: number;
}

export interface LogsConfig {
  readonly level: Daemon['logs']['level'];
  readonly maxSizeBytes: number;
  readonly keep: number;
  readonly overflow: Daemon['logs']['overflow'];
}

/** Fills in what one key takes from another; the result is what is shown to people. */
export function withInherited(
  { daemon }: DaemonDocument,
  environmentToken: string | undefined,
): DaemonDocument {
  const { watchdog } = daemon;
  const modules = Object.entries(daemon.modules).map(([name, module]) => {
    const restart: Restart = {
      ...module.restart,
      policy: watchdog.auto_restart_on_crash ? module.restart.policy : 'never',
      max_restarts: module.restart.max_restarts ?? watchdog.max_restart_attempts,
    };
    return [name, { ...module, restart }] as const;
  });
  const auth_token = daemon.ipc.auth_token ?? (environmentToken === '' ? null : environmentToken);
  const ipc = { ...daemon.ipc, auth_token: auth_token ?? null };
  return { daemon: { ...daemon, modules: Object.fromEntries(modules), ipc } };
}

/** `baseDir` is what relative paths are relative to. */
export function effectiveConfig({ daemon }: DaemonDocument, baseDir: string): Config {
  const cooldown = daemon.watchdog.restart_cooldown;
  return {
    modules: new Map(
      Object.entries(daemon.modules).map(([name, module]) => [
        name,
        moduleConfig(name, module, baseDir, ms(cooldown)),
      ]),
    ),
    autostart: daemon.autostart,
    ipc: ipcConfig(daemon.ipc, baseDir),
    shutdown: { timeoutMs: ms(daemon.shutdown.timeout) },
    logs: {
      level: daemon.logs.level,
      maxSizeBytes: bytes(daemon.logs.max_size),
      keep: daemon.logs.keep,
      overflow: daemon.logs.overflow,
    },
  };
}

function moduleConfig(
  name: string,
  module: ModuleDocument,
  baseDir: string,
  minDelayMs: number,
): ModuleConfig {
  const common: AnyModuleConfig = {
    name,
    enabled: module.enabled,
    args: module.args,
    params: module.params,
    provides: module.provides,
    env: module.env,
    envInherit: module.env_inherit,
    cwd: resolve(baseDir, module.cwd),
    user: module.user,
    restart: restartConfig(module.restart, minDelayMs),
    ready: readyConfig(module.ready),
    stop: {
      // The schema has looked it up among the platform's signals.
      signal: module.stop.signal as NodeJS.Signals,
      timeoutMs: ms(module.stop.timeout),
      scope: module.stop.scope,
    },
  };
  if (module.type === 'node')
    return { ...common, type: 'node', entry: moduleEntry(module.module, baseDir) };
  const [program = '', ...args] = module.command;
  const found = /[/\\]/.test(program) ? resolve(baseDir, program) : program;
  return { ...common, type: 'exec', command: [found, ...args] };
}

function moduleEntry(written: string, baseDir: string): ModuleEntry {
  const shipped = /^superbot:(.*)$/.exec(written)?.[1];
  if (shipped !== undefined) return { kind: 'shipped', name: shipped };
  return { kind: 'file', path: resolve(baseDir, written) };
}

function restartConfig(restart: Restart, minDelayMs: number): RestartConfig {
  return {
    policy: restart.policy,
    maxRestarts: restart.max_restarts ?? 0,
    baseDelayMs: ms(restart.base_delay),
    maxDelayMs: ms(restart.max_delay),
    minDelayMs,
    jitter: restart.jitter,
    resetAfterMs: ms(restart.reset_after),
    retryFailedMs: restart.retry_failed === null ? null : ms(restart.retry_failed),
  };
}

function readyConfig({ link, after, timeout }: ModuleDocument['ready']): ReadyConfig {
  if (link === true || after === undefined) return { kind: 'link', timeoutMs: ms(timeout) };
  return { kind: 'after', afterMs: ms(after), timeoutMs: ms(timeout) };
}

function ipcConfig(ipc: Daemon['ipc'], baseDir: string): IpcConfig {
  return {
    socketPath: ipc.socket_path === null ? null : resolve(baseDir, ipc.socket_path),
    transport: ipc.transport,
    tcpHost: ipc.tcp_host === 'localhost' ? '127.0.0.1' : ipc.tcp_host,
    tcpPort: ipc.tcp_port,
    authRequired: ipc.auth === 'required' || ipc.auth_token !== null,
    authToken: ipc.auth_token,
    maxMessageBytes: bytes(ipc.max_message),
  };
}

function ms(written: number | string): number {
  return durationMs(written) ?? unchecked('duration');
}

function bytes(written: number | string): number {
  return sizeBytes(written) ?? unchecked('size');
}

function unchecked(what: string): never {
  throw new Error(`internal error: a ${what} of the configuration was used before it was checked`);
}
