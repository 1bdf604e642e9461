import { resolve } from 'node:path';
import type {
  AnyModuleConfig,
  DependencyCondition,
  LimitsConfig,
  ModuleConfig,
  ModuleEntry,
  ReadyConfig,
  RestartConfig,
} from './effective.ts';
import type { ModuleDocument } from './module-schema.ts';
import { healthConfig, resolvedCommand } from './resolve-health.ts';
import { checkedBytes, checkedMs } from './units.ts';

/** One module of a validated document as the daemon works with it. */
export function resolveModule(
  name: string,
  module: ModuleDocument,
  baseDir: string,
  minDelayMs: number,
): ModuleConfig {
  const common = commonOf(name, module, baseDir, minDelayMs);
  switch (module.type) {
    case 'node':
    case 'thread':
      return { ...common, type: module.type, entry: moduleEntry(module.module, baseDir) };
    case 'exec':
      return { ...common, type: 'exec', command: resolvedCommand(module.command, baseDir) };
    case 'python':
      return { ...common, type: 'python', module: module.module };
    case 'uvicorn': {
      const { app, host, port, workers, debug } = module;
      return { ...common, type: 'uvicorn', app, host, port, workers, debug };
    }
    case 'flask': {
      const { app, host, port, debug } = module;
      return { ...common, type: 'flask', app, host, port, debug };
    }
  }
}

function commonOf(
  name: string,
  module: ModuleDocument,
  baseDir: string,
  minDelayMs: number,
): AnyModuleConfig {
  return {
    name,
    enabled: module.enabled,
    args: module.args,
    params: module.params,
    provides: module.provides,
    env: module.env,
    envInherit: module.env_inherit,
    // Threads share the directory, the user and the signals of the process that holds them.
    cwd: module.type === 'thread' ? baseDir : resolve(baseDir, module.cwd),
    user: module.type === 'thread' ? null : module.user,
    dependsOn: dependencies(module.depends_on),
    wants: module.wants,
    restart: restartConfig(module.restart, minDelayMs),
    ready: readyConfig(module),
    health: healthConfig(module, baseDir),
    limits: limitsConfig(module.limits),
    stop: {
      // The schema has looked it up among the platform's signals.
      signal: (module.type === 'thread' ? 'SIGTERM' : module.stop.signal) as NodeJS.Signals,
      timeoutMs: checkedMs(module.stop.timeout),
      scope: module.stop.scope,
    },
  };
}

function moduleEntry(written: string, baseDir: string): ModuleEntry {
  const shipped = /^superbot:(.*)$/.exec(written)?.[1];
  if (shipped !== undefined) return { kind: 'shipped', name: shipped };
  return { kind: 'file', path: resolve(baseDir, written) };
}

function dependencies(written: ModuleDocument['depends_on']): Map<string, DependencyCondition> {
  if (!Array.isArray(written)) return new Map(Object.entries(written));
  return new Map(written.map((name) => [name, 'ready']));
}

function restartConfig(restart: ModuleDocument['restart'], minDelayMs: number): RestartConfig {
  return {
    policy: restart.policy,
    maxRestarts: restart.max_restarts ?? 0,
    baseDelayMs: checkedMs(restart.base_delay),
    maxDelayMs: checkedMs(restart.max_delay),
    minDelayMs,
    jitter: restart.jitter,
    resetAfterMs: checkedMs(restart.reset_after),
    retryFailedMs: restart.retry_failed === null ? null : checkedMs(restart.retry_failed),
  };
}

function limitsConfig(limits: ModuleDocument['limits']): LimitsConfig {
  const { memory } = limits;
  return {
    memoryBytes: memory === null ? null : checkedBytes(memory),
    cpuPercent: 'cpu_percent' in limits ? limits.cpu_percent : null,
  };
}

function readyConfig(module: ModuleDocument): ReadyConfig {
  const { link, log, http, tcp, after, timeout } = module.ready;
  const timeoutMs = checkedMs(timeout);
  if (link === true) return { kind: 'link', timeoutMs };
  if (http !== undefined) return { kind: 'http', url: http, timeoutMs };
  if (log !== undefined) return { kind: 'log', pattern: new RegExp(log), timeoutMs };
  const isServer = module.type === 'uvicorn' || module.type === 'flask';
  const port = tcp ?? (isServer && after === undefined ? module.port : undefined);
  if (port !== undefined) return { kind: 'tcp', port, timeoutMs };
  return { kind: 'after', afterMs: Math.min(checkedMs(after ?? '1s'), timeoutMs), timeoutMs };
}
