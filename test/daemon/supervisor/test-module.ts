// The configuration of a module for tests, and the programs in test/fixtures that they run.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecModuleConfig, RestartConfig } from '../../../config/effective.ts';
import { packageRoot } from '../../../config/paths.ts';

/** As in the configuration's defaults, but for chance. */
export const standardRestart: RestartConfig = {
  policy: 'always',
  maxRestarts: 5,
  baseDelayMs: 1000,
  maxDelayMs: 60_000,
  minDelayMs: 0,
  jitter: 0,
  resetAfterMs: 3_600_000,
  retryFailedMs: null,
};

const standardHealth = { intervalMs: 30_000, timeoutMs: 5000, failures: 3, startPeriodMs: 0 };

export type ModuleOptions = Partial<Omit<ExecModuleConfig, 'restart' | 'stop'>> & {
  readonly restart?: Partial<RestartConfig>;
  readonly stop?: Partial<ExecModuleConfig['stop']>;
};

/** A module that runs until it is ended and is ready at once, but for what `options` say. */
export function testModule(name: string, options: ModuleOptions): ExecModuleConfig {
  const { restart, stop, ...rest } = options;
  return {
    name,
    type: 'exec',
    command: fixture('runs-until-ended.sh'),
    enabled: true,
    args: [],
    params: {},
    provides: [],
    env: {},
    envInherit: [],
    cwd: tmpdir(),
    user: null,
    dependsOn: new Map(),
    wants: [],
    ready: { kind: 'after', afterMs: 0, timeoutMs: 30_000 },
    health: { check: { kind: 'link' }, ...standardHealth },
    limits: { memoryBytes: null, cpuPercent: null },
    restart: { ...standardRestart, ...restart },
    stop: { signal: 'SIGTERM', timeoutMs: 10_000, scope: 'tree', ...stop },
    ...rest,
  };
}

export function fixture(file: string, ...args: string[]): [string, ...string[]] {
  return ['/bin/sh', join(packageRoot(), 'test', 'fixtures', file), ...args];
}
