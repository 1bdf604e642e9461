/** What is true of a module now, and the forms in which it is shown and remembered. */
import type { ModuleConfig } from '../../config/effective.ts';
import type {
  LastExit,
  ModuleHealth,
  ModuleParams,
  ModuleState,
  ModuleStatus,
  Wanted,
} from '../../rpc/shapes.ts';
import type { ExitReport } from '../keeper/protocol.ts';
import type { ProcessIdentity } from '../processes.ts';
import type { LaunchNote } from './launch/plan.ts';
import type { ModuleMemory } from './memory.ts';

/** The present launch; there is none while nothing runs. */
export interface Launch {
  readonly id: string;
  readonly note: LaunchNote;
  /** Null until the keeper has answered. */
  readonly process: {
    readonly identity: ProcessIdentity;
    readonly startedAt: string;
    readonly startedMonotonicMs: number;
  } | null;
}

export interface ModuleFacts {
  config: ModuleConfig;
  state: ModuleState;
  reason: string | null;
  operator: Wanted | null;
  halted: boolean;
  /** A stop that holds only until the schedule wants it again. */
  untilSchedule: boolean;
  finished: boolean;
  restartCount: number;
  paramsOverride: ModuleParams | null;
  launch: Launch | null;
  /** Of the present launch; unknown until something has looked. */
  health: ModuleHealth;
  readyLaunch: string | null;
  /** The last launch whose end is among these facts. */
  endedLaunch: string | null;
  /** Wall clock, milliseconds. */
  nextRestartAtMs: number | null;
  lastExit: LastExit | null;
  lastError: string | null;
  logSeq: number;
}

/** Params of the running launch, or those that the next one gets. */
export function effectiveParams(facts: ModuleFacts): ModuleParams {
  return facts.launch ? facts.launch.note.params : nextParams(facts);
}

/** The operator's params over the configuration's, merged shallowly. */
export function nextParams({ config, paramsOverride }: ModuleFacts): ModuleParams {
  return { ...config.params, ...paramsOverride };
}

export function toMemory(facts: ModuleFacts): ModuleMemory {
  return {
    operator: facts.operator,
    halted: facts.halted,
    until_schedule: facts.untilSchedule,
    finished: facts.finished,
    state: facts.state,
    reason: facts.reason,
    restart_count: facts.restartCount,
    params: facts.paramsOverride,
    ready_launch: facts.readyLaunch,
    ended_launch: facts.endedLaunch,
    next_restart_at: isoOrNull(facts.nextRestartAtMs),
    last_exit: facts.lastExit,
    last_error: facts.lastError,
    log_seq: facts.logSeq,
  };
}

export function fromMemory(config: ModuleConfig, memory: ModuleMemory): ModuleFacts {
  const { state, next_restart_at: nextRestartAt } = memory;
  const waits = state === 'restarting' && nextRestartAt !== null;
  // What ran is not taken from here: the keeper says what does.
  const isLasting = waits || state === 'failed' || state === 'import_failed';
  const isDue = waits || (state === 'failed' && nextRestartAt !== null);
  return {
    config,
    state: isLasting ? state : 'stopped',
    reason: config.enabled ? memory.reason : 'disabled',
    operator: memory.operator,
    halted: memory.halted,
    untilSchedule: memory.until_schedule,
    finished: memory.finished,
    restartCount: memory.restart_count,
    paramsOverride: memory.params,
    launch: null,
    health: 'unknown',
    readyLaunch: memory.ready_launch,
    endedLaunch: memory.ended_launch,
    nextRestartAtMs: isDue ? Date.parse(nextRestartAt) : null,
    lastExit: memory.last_exit,
    lastError: memory.last_error,
    logSeq: memory.log_seq,
  };
}

/**
 * @param now `isIncomplete`: it does without a module that it wants; `restartCount`: after forgiving
 * what a long run has forgiven
 */
export function toStatus(
  facts: ModuleFacts,
  now: { wanted: Wanted; isIncomplete: boolean; restartCount: number; monotonicMs: number },
): ModuleStatus {
  const running = facts.launch?.process ?? null;
  return {
    module: facts.config.name,
    type: facts.config.type,
    state: facts.state,
    reason: facts.reason,
    wanted: now.wanted,
    health: now.isIncomplete ? healthWithout(facts.health) : facts.health,
    pid: running?.identity.pid ?? null,
    started_at: running?.startedAt ?? null,
    uptime: running ? Math.max(0, now.monotonicMs - running.startedMonotonicMs) / 1000 : null,
    restart_count: now.restartCount,
    next_restart_at: isoOrNull(facts.nextRestartAtMs),
    last_exit: facts.lastExit,
    last_error: facts.lastError,
    depends_on: [...facts.config.dependsOn.keys()],
    params: effectiveParams(facts),
  };
}

function healthWithout(health: ModuleHealth): ModuleHealth {
  return health === 'unhealthy' ? health : 'degraded';
}

export function toLastExit({ code, signal, reason, at, uptimeMs }: ExitReport): LastExit {
  return { code, signal, reason, at, uptime: uptimeMs / 1000 };
}

function isoOrNull(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}
