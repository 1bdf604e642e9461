/** Whether a module is well, from what one check after the other has found. Pure. */
import type { ModuleHealth } from '../../rpc/shapes.ts';

export interface HealthRule {
  /** So many failed checks in a row make it unhealthy. */
  readonly failures: number;
  readonly startPeriodMs: number;
  /** Whether its restart policy would bring it back. */
  readonly restarts: boolean;
}

/** Of one launch. */
export interface HealthHistory {
  readonly health: ModuleHealth;
  /** Failed checks in a row. */
  readonly failures: number;
  /** The latest of them, as far as a restart might have helped. */
  readonly curable: number;
}

export type CheckResult =
  | { readonly kind: 'well' }
  /** @property ageMs since the launch */
  | { readonly kind: 'ill'; readonly restartHelps: boolean; readonly ageMs: number }
  /** It has no link, and nothing says that it should have one. */
  | { readonly kind: 'unasked' }
  /** The host slept or stalled meanwhile, so that neither an answer nor its lack says anything. */
  | { readonly kind: 'void' };

export interface Verdict {
  readonly history: HealthHistory;
  readonly action: 'none' | 'restart';
}

export const noHistory: HealthHistory = { health: 'unknown', failures: 0, curable: 0 };

/**
 * The latest result decides over wellness, a row of failures over illness: below `failures` in a row
 * it is degraded. It is restarted when that many in a row could be helped by it: an answer that says
 * otherwise proves that the module works, and begins the row anew.
 */
export function judgeHealth(
  history: HealthHistory,
  result: CheckResult,
  { failures: failuresMax, startPeriodMs, restarts }: HealthRule,
): Verdict {
  switch (result.kind) {
    case 'well':
      return { history: { health: 'healthy', failures: 0, curable: 0 }, action: 'none' };
    case 'unasked':
      return { history: noHistory, action: 'none' };
    case 'void':
      return { history: { ...history, failures: 0, curable: 0 }, action: 'none' };
    case 'ill': {
      const { restartHelps, ageMs } = result;
      if (history.health === 'unknown' && ageMs < startPeriodMs) return { history, action: 'none' };
      const failures = history.failures + 1;
      const curable = restartHelps ? history.curable + 1 : 0;
      const isIll = failures >= failuresMax || history.health === 'unhealthy';
      return {
        history: { health: isIll ? 'unhealthy' : 'degraded', failures, curable },
        action: restarts && curable >= failuresMax ? 'restart' : 'none',
      };
    }
  }
}
