/**
 * What an operator may ask of one module, with the answers of the contract. Each says what is wanted
 * and then waits, with a deadline, until the module's life has got there or cannot.
 */
import { isDeepStrictEqual } from 'node:util';
import { RpcError } from '../../rpc/errors.ts';
import type { ModuleParams, ModuleStatus } from '../../rpc/shapes.ts';
import type { AttemptOutcome } from './attempt.ts';
import type { Cause } from './causes.ts';
import { describeHold } from './dependencies.ts';
import { effectiveParams, nextParams } from './facts.ts';
import { keptDownBy } from './intent.ts';
import type { Life } from './life.ts';
import type { ManagedModule } from './module.ts';

/** Over what the module itself may take, before a start is answered as still in progress. */
const startSlackMs = 5000;
/** SIGKILL, the look at the tree, storing: what a stop may take beyond its own timeout. */
const stopSlackMs = 20_000;

export interface StartOptions {
  readonly cause: Cause;
  readonly params?: ModuleParams | undefined;
  readonly wait: boolean;
  /** Null: the module's own ready timeout plus 5 s. */
  readonly timeoutMs: number | null;
  /** Ends the waiting when the caller is gone; what was asked for goes on. */
  readonly signal: AbortSignal;
}

type Changed = ModuleStatus & { changed: boolean };
/** `also`: the dependants that were stopped with it, and come back with it. */
type Cascaded = Changed & { also: string[] };

export async function startModule(module: ManagedModule, options: StartOptions): Promise<Changed> {
  const { life } = module;
  refuseDisabled(module);
  refuseKeptDown(life, options.cause);
  const expected = expectedLaunch(life);
  if (!expected) {
    const target = life.attempt.number + 1;
    module.wantUp(options.cause, options.params ?? null);
    return { ...(await awaitStart(module, target, options)), changed: true };
  }
  const asked = { ...life.facts.config.params, ...options.params };
  if (options.params !== undefined && !isDeepStrictEqual(asked, expected.params)) {
    throw new RpcError(
      'refused',
      `"${life.name}" runs with other params — restart it to change them, or stop it first`,
      { reason: 'running', running_params: expected.params },
    );
  }
  return { ...(await awaitStart(module, expected.attempt, options)), changed: false };
}

export async function restartModule(
  module: ManagedModule,
  options: StartOptions & { force: boolean; cascade: boolean },
): Promise<Cascaded> {
  const { life } = module;
  refuseDisabled(module);
  refuseKeptDown(life, options.cause);
  if (life.facts.state === 'import_failed' && !options.force) {
    throw new RpcError(
      'refused',
      `"${life.name}" could not be launched: ${life.facts.lastError ?? ''} — mend that, then use force`,
      { reason: 'import_failed' },
    );
  }
  const also = dependantsToStop(life, options.cascade);
  const target = life.attempt.number + 1;
  module.wantUp(options.cause, options.params ?? null);
  return { ...(await awaitStart(module, target, options)), changed: true, also };
}

/** Names of running dependants, which end first. Throws −32007 unless that was asked for. */
function dependantsToStop({ name, neighbourhood }: Life, cascade: boolean): string[] {
  const dependants = neighbourhood.runningDependants(name);
  if (dependants.length === 0 || cascade) return dependants;
  throw new RpcError(
    'refused',
    `"${name}" is needed by ${dependants.join(', ')} — stop these first, or use cascade`,
    { reason: 'dependants', dependants },
  );
}

export async function stopModule(
  module: ManagedModule,
  options: {
    cause: Cause;
    graceful: boolean;
    wait: boolean;
    cascade: boolean;
    /** Null: it stays down until an operator starts it. What a job stops, a job may start again. */
    until: 'schedule' | null;
    signal: AbortSignal;
  },
): Promise<Cascaded> {
  const { life } = module;
  const also = dependantsToStop(life, options.cascade);
  const changed = life.facts.state !== 'stopped';
  if (!options.graceful) module.endNow();
  const isByJob = options.cause.by === 'schedule';
  // A job that stops what an operator has stopped changes nothing: it must not make it startable.
  if (!isByJob) module.wantDown(options.cause, options.until);
  else if (keptDownBy(life.claims) === null) module.wantDown(options.cause, 'schedule');
  if (!options.wait) return { ...life.status(), changed, also };
  // Those that depend on it end first, one after the other in the worst case.
  const timeoutMs = (life.facts.config.stop.timeoutMs + stopSlackMs) * (also.length + 1);
  const rest = await life.until(() => restingStatus(module), timeoutMs, options.signal);
  if (rest === null) throw stillInProgress(module, 'stop');
  if (rest.state === 'failed') {
    throw new RpcError('refused', `cannot stop "${life.name}": ${rest.last_error ?? ''}`, {
      reason: rest.reason,
    });
  }
  return { ...rest, changed, also };
}

/** The launch that is or will be up without anybody's asking for another; null if there is none. */
function expectedLaunch(life: Life): { attempt: number; params: ModuleParams } | null {
  const { facts, attempt, wanted, launchAgain, hold } = life;
  if (wanted === 'down' || hold) return null;
  if (launchAgain) return { attempt: attempt.number + 1, params: nextParams(facts) };
  const isUp = facts.state === 'starting' || facts.state === 'running';
  return isUp ? { attempt: attempt.number, params: effectiveParams(facts) } : null;
}

/** Where a stop ends, as it was in that instant, since a start may follow; null while it goes on. */
function restingStatus({ life }: ManagedModule): ModuleStatus | null {
  const { state, reason } = life.facts;
  const rests = state === 'stopped' || (state === 'failed' && reason === 'stop_failed');
  return rests ? life.status() : null;
}

async function awaitStart(
  module: ManagedModule,
  target: number,
  { wait, timeoutMs, signal }: StartOptions,
): Promise<ModuleStatus> {
  const { life } = module;
  if (!wait) return life.status();
  const deadlineMs = timeoutMs ?? life.facts.config.ready.timeoutMs + startSlackMs;
  const outcome = await life.until(() => startOutcome(life, target), deadlineMs, signal);
  if (outcome === null) throw stillInProgress(module, 'start');
  if (outcome.kind === 'ready' || outcome.kind === 'finished') return life.status();
  throw outcome.kind === 'blocked'
    ? dependencyMissing(life, outcome)
    : startFailed(module, outcome);
}

/** What answers a start; an attempt that was ended for the sake of a newer one does not. */
function startOutcome(life: Life, target: number): AttemptOutcome | null {
  const { attempt, hold } = life;
  const { state, reason } = life.facts;
  if (attempt.number >= target) {
    const { kind } = attempt.outcome;
    if (kind === 'pending') return null;
    if (kind !== 'stopped') return attempt.outcome;
  }
  const resting = state === 'stopped' || state === 'failed' || state === 'import_failed';
  if (hold && resting) {
    const { dependency } = hold;
    return { kind: 'blocked', dependency, why: describeHold(hold.reason) };
  }
  const isCancelled = resting && (life.wanted === 'down' || reason === 'shutdown');
  return isCancelled ? { kind: 'stopped' } : null;
}

function dependencyMissing(
  { name }: Life,
  { dependency, why }: Extract<AttemptOutcome, { kind: 'blocked' }>,
): RpcError {
  return new RpcError(
    'dependency',
    `cannot start "${name}": it depends on "${dependency}", but ${why} — start that first`,
    { dependency, why },
  );
}

function startFailed({ life }: ManagedModule, outcome: AttemptOutcome): RpcError {
  const failed = outcome.kind === 'failed' ? outcome : null;
  const why = failed?.why ?? 'it was stopped before it was ready';
  return new RpcError('startFailed', `cannot start "${life.name}": ${why}`, {
    state: life.facts.state,
    exit_code: failed?.exit?.code ?? null,
    signal: failed?.exit?.signal ?? null,
    output: failed?.exit?.output ?? [],
  });
}

function stillInProgress({ life }: ManagedModule, what: 'start' | 'stop'): RpcError {
  const { state } = life.facts;
  return new RpcError('timeout', `the ${what} of "${life.name}" goes on: it is ${state}`, {
    state,
  });
}

/** The schedule never overrides an operator's stop, or a halt. */
function refuseKeptDown({ name, claims }: Life, { by }: Cause): void {
  const keptBy = by === 'schedule' ? keptDownBy(claims) : null;
  if (keptBy === null) return;
  const why = keptBy === 'halted' ? 'has halted itself' : 'was stopped by an operator';
  throw new RpcError('refused', `"${name}" ${why}: only an operator may start it again`, {
    reason: keptBy,
  });
}

function refuseDisabled({ life }: ManagedModule): void {
  if (life.facts.config.enabled) return;
  throw new RpcError(
    'refused',
    `"${life.name}" is disabled — set enabled: true in daemon.yaml, then: superbot-cli config reload`,
    { reason: 'disabled' },
  );
}
