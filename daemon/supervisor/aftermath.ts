/** What follows from the end of a launch: it is written into the module's life, and the clock set. */
import type { ModuleConfig } from '../../config/effective.ts';
import type { ExitReport } from '../keeper/protocol.ts';
import type { System, Timer } from '../system.ts';
import { describeHold, type Hold } from './dependencies.ts';
import { meaningOf } from './exits.ts';
import type { Life } from './life.ts';
import { judgeExit, longestDelay, restartDelay, type UnaskedExit } from './restart.ts';

/** Every module that waits for a keeper asks for one at the same time, so that one try serves all. */
const noKeeperDelayMs = 5000;

export class Aftermath {
  readonly #life: Life;
  readonly #system: System;
  readonly #onDue: () => void;
  #timer: Timer | null = null;

  /** @param onDue it is time for the next launch; the restart is counted already */
  constructor(life: Life, system: System, onDue: () => void) {
    this.#life = life;
    this.#system = system;
    this.#onDue = onDue;
  }

  /** Sets the clock for what is pending, be it from the last daemon or by other settings. */
  resume(): void {
    this.cancel();
    const { facts } = this.#life;
    const { state, reason, nextRestartAtMs, config } = facts;
    const isGivenUp = state === 'failed';
    const longestMs = isGivenUp ? retryDelay(reason, config) : longestDelay(config.restart);
    facts.nextRestartAtMs = null;
    if (longestMs === null || (nextRestartAtMs === null && !isGivenUp)) return;
    const nowMs = this.#system.now();
    const delayMs = (nextRestartAtMs ?? Infinity) - nowMs;
    // The wall clock may have been set back since the time was stored.
    this.#relaunchIn(Math.min(Math.max(0, delayMs), longestMs), nowMs);
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  /** It ended as it was asked to; `reason` says why it is stopped. */
  rested(exit: ExitReport | null, reason: string | null): void {
    this.#life.endLaunch(exit);
    this.#life.attempt.settle({ kind: 'stopped' });
    this.#life.move('gone', reason);
  }

  /** Nothing was spawned: it is not wanted any more, or a dependency stands against it. */
  notYet(why: Hold | string | null): void {
    const isHeld = why !== null && typeof why !== 'string';
    if (isHeld) {
      const { dependency, reason } = why;
      this.#life.attempt.settle({ kind: 'blocked', dependency, why: describeHold(reason) });
    }
    this.rested(null, isHeld ? why.reason : why);
  }

  /** It ended and nobody had asked for it. */
  exited(exit: ExitReport): void {
    const { facts, attempt } = this.#life;
    const { policy } = facts.config.restart;
    const meaning = meaningOf(exit, { wasReady: facts.state === 'running', policy });
    this.#life.endLaunch(exit);
    facts.lastError = meaning.kind === 'finished' ? null : meaning.why;
    attempt.settle(
      meaning.kind === 'finished' ? meaning : { kind: 'failed', why: meaning.why, exit },
    );
    if (meaning.kind === 'import_failure') this.#life.move('import_failure', meaning.why);
    else this.#judge({ cause: 'exit', code: exit.code, signal: exit.signal });
  }

  /** It was ended because it did not become ready in time. */
  tooSlow(exit: ExitReport | null): void {
    const { facts, linkRefusal } = this.#life;
    const why = linkRefusal === null ? '' : `: its link was refused: ${linkRefusal}`;
    this.#failed(`not ready within ${facts.config.ready.timeoutMs / 1000} s${why}`, exit);
    this.#judge({ cause: 'start_timeout', code: null, signal: null });
  }

  /** It ran, and was ended because it did not do what it should. */
  unfit(why: string, exit: ExitReport | null): void {
    this.#failed(why, exit);
    this.#judge({ cause: 'exit', code: null, signal: null });
  }

  /** It was not launched, or ended before the keeper could say so. */
  notLaunched(why: string, exit: ExitReport | null): void {
    this.#failed(why, exit);
    this.#judge({ cause: 'exit', code: null, signal: null });
  }

  /** There was no keeper to launch it: no fault of its own, so it is not counted. */
  noKeeper(why: string): void {
    this.#failed(why, null);
    this.#backOff(noKeeperDelayMs, 'no_keeper');
  }

  importFailed(why: string): void {
    this.#failed(why, null);
    this.#life.move('import_failure', why);
  }

  /** Processes of it are alive that could not be ended. */
  stopFailed(why: string, exit: ExitReport | null): void {
    this.#failed(why, exit);
    this.#life.move('give_up', 'stop_failed');
  }

  #failed(why: string, exit: ExitReport | null): void {
    this.#life.endLaunch(exit);
    this.#life.facts.lastError = why;
    this.#life.attempt.settle({ kind: 'failed', why, exit });
  }

  #judge(exit: Omit<UnaskedExit, 'restartCount'>): void {
    const { facts } = this.#life;
    const { restart } = facts.config;
    const verdict = judgeExit({ ...exit, restartCount: facts.restartCount }, restart);
    switch (verdict.kind) {
      case 'finished':
        facts.finished = true;
        // An operator's start has been answered by it: only autostart may want it again.
        facts.operator = null;
        this.#life.move('gone', 'finished');
        break;
      case 'halted':
        facts.operator = 'down';
        facts.halted = true;
        this.#life.move('gone', 'halted');
        break;
      case 'give_up': {
        const delayMs = retryDelay(verdict.reason, facts.config);
        if (delayMs !== null) this.#relaunchIn(delayMs);
        this.#life.move('give_up', verdict.reason);
        break;
      }
      case 'back_off': {
        const delayMs = restartDelay(facts.restartCount, restart, this.#system.random());
        this.#backOff(delayMs, facts.lastError);
      }
    }
  }

  #backOff(delayMs: number, reason: string | null): void {
    this.#relaunchIn(delayMs);
    this.#life.move('back_off', reason);
  }

  #relaunchIn(delayMs: number, nowMs = this.#system.now()): void {
    const { facts } = this.#life;
    facts.nextRestartAtMs = nowMs + delayMs;
    this.#timer = this.#system.after(delayMs, () => this.#due());
  }

  #due(): void {
    const { facts, neighbourhood, name } = this.#life;
    const isFree = facts.reason === 'no_keeper';
    const heldMs = isFree ? null : neighbourhood.admitRestart(name);
    if (heldMs !== null) {
      this.#relaunchIn(heldMs);
      this.#life.tell({ kind: 'held', waitMs: heldMs });
      this.#life.store();
      this.#life.notify();
      return;
    }
    facts.nextRestartAtMs = null;
    const isRetry = facts.state === 'failed';
    if (!isRetry && !isFree) facts.restartCount++;
    this.#life.causes.asked = { by: isRetry ? 'retry_failed' : 'restart_policy' };
    this.#onDue();
  }
}

/** When `retry_failed`, which knows no limit, tries again; never what a new try cannot mend. */
function retryDelay(reason: string | null, { restart }: ModuleConfig): number | null {
  return mayMend(reason) ? restart.retryFailedMs : null;
}

/** Whether a new try may help against what made it fail for good. */
export function mayMend(reason: string | null): boolean {
  return reason !== 'exit_78' && reason !== 'stop_failed';
}
