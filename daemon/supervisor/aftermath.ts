/** What becomes of a module after an exit that nobody asked for: carries out the verdict. */
import type { System } from '../system.ts';
import type { Life } from './life.ts';
import { judgeExit, restartDelay, type UnaskedExit } from './restart.ts';

/** @returns when it is to be launched again, in wall clock milliseconds; null for not by itself */
export function settleExit(
  life: Life,
  exit: Omit<UnaskedExit, 'restartCount'>,
  system: System,
): number | null {
  const { facts } = life;
  const { restart } = facts.config;
  const verdict = judgeExit({ ...exit, restartCount: facts.restartCount }, restart);
  switch (verdict.kind) {
    case 'finished':
      facts.finished = true;
      life.move('gone', 'finished');
      return null;
    case 'halted':
      facts.operator = 'down';
      life.move('gone', 'halted');
      return null;
    case 'give_up':
      life.move('give_up', verdict.reason);
      return retryOfFailed(life, system);
    case 'back_off': {
      const delayMs = restartDelay(facts.restartCount, restart, system.random());
      facts.nextRestartAtMs = system.now() + delayMs;
      life.move('back_off', facts.lastError);
      return facts.nextRestartAtMs;
    }
  }
}

/** `retry_failed`, which knows no limit; never for what a new try cannot mend. */
export function retryOfFailed({ facts }: Life, system: System): number | null {
  const { retryFailedMs } = facts.config.restart;
  const hopeless = facts.reason === 'exit_78' || facts.reason === 'stop_failed';
  return retryFailedMs === null || hopeless ? null : system.now() + retryFailedMs;
}
