/** From a validated document to the configuration as the daemon works with it. */
import { resolve } from 'node:path';
import type { AlertsConfig, Config, IpcConfig } from './effective.ts';
import type { InfrastructureDocument } from './infrastructure-schema.ts';
import type { ModuleDocument } from './module-schema.ts';
import { isHealthKind } from './module-sections.ts';
import { resolvedCommand } from './resolve-health.ts';
import { infrastructureConfig } from './resolve-infrastructure.ts';
import { resolveModule } from './resolve-module.ts';
import { scheduleConfig } from './resolve-schedule.ts';
import type { DaemonDocument } from './schema.ts';
import { checkedBytes, checkedMs } from './units.ts';

type Daemon = DaemonDocument['daemon'];

/** Fills in what one key takes from another; the result is what is shown to people. */
export function withInherited(
  { daemon }: DaemonDocument,
  environmentToken: string | undefined,
): DaemonDocument {
  const { watchdog } = daemon;
  const modules = Object.entries(daemon.modules).map(([name, module]) => {
    const { policy, max_restarts = watchdog.max_restart_attempts } = module.restart;
    const restart = {
      ...module.restart,
      policy: watchdog.auto_restart_on_crash ? policy : ('never' as const),
      max_restarts,
    };
    return [name, { ...module, restart, health: withKind(module) }] as const;
  });
  const auth_token = daemon.ipc.auth_token ?? (environmentToken === '' ? null : environmentToken);
  const ipc = { ...daemon.ipc, auth_token: auth_token ?? null };
  return { daemon: { ...daemon, modules: Object.fromEntries(modules), ipc } };
}

/** `baseDir` is what relative paths are relative to. */
export function effectiveConfig(
  { daemon, ...shared }: DaemonDocument & InfrastructureDocument,
  baseDir: string,
): Config {
  const minDelayMs = checkedMs(daemon.watchdog.restart_cooldown);
  return {
    modules: new Map(
      Object.entries(daemon.modules).map(([name, module]) => [
        name,
        resolveModule(name, module, baseDir, minDelayMs),
      ]),
    ),
    autostart: daemon.autostart,
    profiles: new Map(Object.entries(daemon.profiles)),
    ipc: ipcConfig(daemon.ipc, baseDir),
    shutdown: { timeoutMs: checkedMs(daemon.shutdown.timeout) },
    schedule: scheduleConfig(daemon.schedule),
    watchdog: {
      enabled: daemon.watchdog.enabled,
      checkIntervalMs: checkedMs(daemon.watchdog.check_interval),
    },
    alerts: alertsConfig(daemon, baseDir),
    metrics: { port: daemon.metrics.port },
    logs: {
      level: daemon.logs.level,
      maxSizeBytes: checkedBytes(daemon.logs.max_size),
      keep: daemon.logs.keep,
      overflow: daemon.logs.overflow,
    },
    ...infrastructureConfig(shared),
  };
}

/** Over its link, unless the module says of itself how it is asked. */
function withKind(module: ModuleDocument): ModuleDocument['health'] {
  const isAsked = Object.keys(module.health).some(isHealthKind);
  const hasEndpoint = 'healthcheck_endpoint' in module && module.healthcheck_endpoint !== null;
  return isAsked || hasEndpoint ? module.health : { link: true, ...module.health };
}

function alertsConfig({ alerts, watchdog }: Daemon, baseDir: string): AlertsConfig {
  return {
    cooldownMs: checkedMs(alerts.cooldown),
    minSeverity: alerts.min_severity,
    command: alerts.command === null ? null : resolvedCommand(alerts.command, baseDir),
    webhook: alerts.webhook,
    includeOutput: alerts.include_output,
    onRestart: watchdog.alert_on_restart,
  };
}

function ipcConfig(ipc: Daemon['ipc'], baseDir: string): IpcConfig {
  return {
    socketPath: ipc.socket_path === null ? null : resolve(baseDir, ipc.socket_path),
    transport: ipc.transport,
    tcpHost: ipc.tcp_host === 'localhost' ? '127.0.0.1' : ipc.tcp_host,
    tcpPort: ipc.tcp_port,
    authRequired: ipc.auth === 'required' || ipc.auth_token !== null,
    authToken: ipc.auth_token,
    maxMessageBytes: checkedBytes(ipc.max_message),
  };
}
