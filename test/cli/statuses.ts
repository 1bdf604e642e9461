import type { MethodResult } from '../../rpc/contract.ts';
import type { LogLine, ModuleStatus } from '../../rpc/shapes.ts';

export function moduleStatus(change: Partial<ModuleStatus> = {}): ModuleStatus {
  return {
    module: 'trading',
    type: 'node',
    state: 'running',
    reason: null,
    wanted: 'up',
    health: 'unknown',
    pid: 4121,
    started_at: '2026-11-21T12:00:00.000Z',
    uptime: 7500,
    restart_count: 1,
    next_restart_at: null,
    last_exit: null,
    last_error: null,
    depends_on: [],
    params: { mode: 'replay' },
    ...change,
  };
}

export function daemonStatus(
  change: Partial<MethodResult<'daemon.status'>> = {},
): MethodResult<'daemon.status'> {
  return {
    status: 'running',
    pid: 4000,
    version: '0.1.0',
    started_at: '2026-11-21T12:00:00.000Z',
    uptime: 7500,
    endpoint: 'unix:/nowhere/superbot.sock',
    home: '/nowhere',
    config_dir: '/nowhere/config',
    profile: null,
    restarts_held: null,
    modules: { trading: moduleStatus() },
    ...change,
  };
}

export function logLine(seq: number, change: Partial<LogLine> = {}): LogLine {
  const time = new Date(Date.UTC(2026, 10, 21, 12, 0, seq)).toISOString();
  const line = { seq, time, module: 'trading', stream: 'stdout', level: 'info' } as const;
  return { ...line, text: `line ${seq}`, ...change };
}
