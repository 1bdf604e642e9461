/** How a module is asked whether it works, from what is written about it. */
import { resolve } from 'node:path';
import type { HealthCheck, HealthConfig } from './effective.ts';
import type { ModuleDocument } from './module-schema.ts';
import { checkedMs } from './units.ts';

/** Over its link, unless the module says otherwise of itself. */
export function healthConfig(module: ModuleDocument, baseDir: string): HealthConfig {
  const { interval, timeout, failures, start_period } = module.health;
  return {
    check: healthCheck(module, baseDir),
    intervalMs: checkedMs(interval),
    timeoutMs: checkedMs(timeout),
    failures,
    startPeriodMs: checkedMs(start_period),
  };
}

function healthCheck(module: ModuleDocument, baseDir: string): HealthCheck {
  const { http, tcp, exec } = module.health;
  if (http !== undefined) return { kind: 'http', url: http };
  if (tcp !== undefined) return { kind: 'tcp', port: tcp };
  if (exec !== undefined) return { kind: 'exec', command: resolvedCommand(exec, baseDir) };
  const url = endpointUrl(module);
  return url === null ? { kind: 'link' } : { kind: 'http', url };
}

/** A program written with a "/" is found like every other relative path; any other, in PATH. */
export function resolvedCommand(
  [program = '', ...args]: readonly string[],
  baseDir: string,
): [string, ...string[]] {
  return [/[/\\]/.test(program) ? resolve(baseDir, program) : program, ...args];
}

/** `healthcheck_endpoint` on the module's own host and port; null without one. */
function endpointUrl(module: ModuleDocument): string | null {
  if (module.type !== 'uvicorn' && module.type !== 'flask') return null;
  const { healthcheck_endpoint: path, host, port } = module;
  return path === null ? null : `http://${reachable(host)}:${port}${path}`;
}

/** Where a server is reached that listens on all of the machine's addresses. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
