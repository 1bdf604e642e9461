/**
 * The configuration as the daemon works with it: every default filled, durations in milliseconds,
 * sizes in bytes, paths absolute. What is optional in the file is null here, never undefined.
 */
import type { ModuleDocument } from './module-schema.ts';
import type { ScheduleConfig } from './resolve-schedule.ts';
import type { DaemonDocument } from './schema.ts';

type Daemon = DaemonDocument['daemon'];
type Restart = ModuleDocument['restart'];
type Json = ModuleDocument['params'][string];

export interface Config {
  /** By name, in the order of the file. */
  readonly modules: ReadonlyMap<string, ModuleConfig>;
  readonly autostart: readonly string[];
  /** By name: what each profile starts. */
  readonly profiles: ReadonlyMap<string, readonly string[]>;
  readonly ipc: IpcConfig;
  readonly shutdown: { readonly timeoutMs: number };
  readonly schedule: ScheduleConfig;
  readonly watchdog: WatchdogConfig;
  readonly metrics: MetricsConfig;
  readonly alerts: AlertsConfig;
  readonly logs: LogsConfig;
  readonly eventBus: { readonly backend: BackendConfig };
  readonly cache: CacheConfig;
  readonly database: DatabaseConfig;
}

export type ModuleConfig =
  | NodeModuleConfig
  | ThreadModuleConfig
  | ExecModuleConfig
  | PythonModuleConfig
  | UvicornModuleConfig
  | FlaskModuleConfig;

export interface NodeModuleConfig extends AnyModuleConfig {
  readonly type: 'node';
  readonly entry: ModuleEntry;
}

export interface ThreadModuleConfig extends AnyModuleConfig {
  readonly type: 'thread';
  readonly entry: ModuleEntry;
}

export interface ExecModuleConfig extends AnyModuleConfig {
  readonly type: 'exec';
  /** The program first: absolute when it was written with a "/", else to be found in PATH. */
  readonly command: readonly [string, ...string[]];
}

export interface PythonModuleConfig extends AnyModuleConfig {
  readonly type: 'python';
  /** Dotted, as after `python -m`. */
  readonly module: string;
}

export interface UvicornModuleConfig extends AnyModuleConfig {
  readonly type: 'uvicorn';
  /** `package.module:attribute` */
  readonly app: string;
  readonly host: string;
  readonly port: number;
  readonly workers: number;
  readonly debug: boolean;
}

export interface FlaskModuleConfig extends AnyModuleConfig {
  readonly type: 'flask';
  /** `package.module:attribute` */
  readonly app: string;
  readonly host: string;
  readonly port: number;
  readonly debug: boolean;
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
  /** By module: what it must have reached before this one starts. */
  readonly dependsOn: ReadonlyMap<string, DependencyCondition>;
  /** Waited for only briefly. */
  readonly wants: readonly string[];
  readonly restart: RestartConfig;
  readonly ready: ReadyConfig;
  readonly health: HealthConfig;
  readonly limits: LimitsConfig;
  readonly stop: StopConfig;
}

export type DependencyCondition = 'started' | 'ready' | 'healthy' | 'completed';

export interface RestartConfig {
  readonly policy: Restart['policy'];
  /** Restarts allowed, so one more run than this. */
  readonly maxRestarts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** The floor of every delay, from `daemon.watchdog.restart_cooldown`; it may exceed the others. */
  readonly minDelayMs: number;
  /** The share of the delay, 0 to 1, by which chance may lengthen or shorten it. */
  readonly jitter: number;
  /** After so long an uninterrupted run earlier restarts are forgiven. */
  readonly resetAfterMs: number;
  readonly retryFailedMs: number | null;
}

export type ReadyConfig =
  | { readonly kind: 'link'; readonly timeoutMs: number }
  /** On 127.0.0.1. */
  | { readonly kind: 'tcp'; readonly port: number; readonly timeoutMs: number }
  | { readonly kind: 'http'; readonly url: string; readonly timeoutMs: number }
  /** What a line of its output is to match. */
  | { readonly kind: 'log'; readonly pattern: RegExp; readonly timeoutMs: number }
  | { readonly kind: 'after'; readonly afterMs: number; readonly timeoutMs: number };

export interface HealthConfig {
  readonly check: HealthCheck;
  /** From the end of one check to the beginning of the next. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** So many in a row make it unhealthy. */
  readonly failures: number;
  /** Counted from the launch: a failure in it says nothing, unless the module was well before. */
  readonly startPeriodMs: number;
}

export type HealthCheck =
  | { readonly kind: 'link' }
  | { readonly kind: 'http'; readonly url: string }
  /** On 127.0.0.1. */
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'exec'; readonly command: readonly [string, ...string[]] };

/** Of the whole process tree; null where there is none. */
export interface LimitsConfig {
  readonly memoryBytes: number | null;
  /** Of one core: two of them busy are 200. */
  readonly cpuPercent: number | null;
}

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

export interface WatchdogConfig {
  /** Whether modules are looked after at all: their processes, their health, their limits. */
  readonly enabled: boolean;
  readonly checkIntervalMs: number;
}

export interface AlertsConfig {
  /** How long the same alert of the same module is held back after one. */
  readonly cooldownMs: number;
  /** What weighs less reaches neither command nor webhook. */
  readonly minSeverity: Daemon['alerts']['min_severity'];
  /** The program first: absolute when it was written with a "/", else to be found in PATH. */
  readonly command: readonly [string, ...string[]] | null;
  /** A secret: it is shown nowhere. */
  readonly webhook: string | null;
  /** Whether command and webhook get the last lines that a module wrote. */
  readonly includeOutput: boolean;
  /** Whether a restart of the daemon's own accord is an alert: `daemon.watchdog.alert_on_restart`. */
  readonly onRestart: boolean;
}

export interface MetricsConfig {
  /** On loopback; null for no listener. */
  readonly port: number | null;
}

export interface LogsConfig {
  readonly level: Daemon['logs']['level'];
  readonly maxSizeBytes: number;
  readonly keep: number;
  readonly overflow: Daemon['logs']['overflow'];
}

/** Where something shared is kept; Redis is for several hosts. */
export type BackendConfig =
  | { readonly kind: 'memory' }
  /** The URL may hold a password. */
  | { readonly kind: 'redis'; readonly url: string };

/** A URL, which may hold a password, of a PostgreSQL that others run; null is the embedded one. */
export interface DatabaseConfig {
  readonly url: string | null;
}

export interface CacheConfig {
  readonly backend: BackendConfig;
  /** Of values that are set without one. */
  readonly defaultTtlMs: number;
  /** Of the memory backend. */
  readonly entriesMax: number;
}
