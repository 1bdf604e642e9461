/**
 * Stops an avalanche of restarts: when too many come together over all modules, each has a common
 * cause that restarting does not mend, and what they do to it (a database, an exchange) makes it
 * worse. For a while no automatic restart begins then. Pure; decision 020 says why it counts so.
 */

/** Times in milliseconds. */
export const breakerRule = {
  windowMs: 300_000,
  /** More restarts than this within the window are too many. */
  restartsMax: 25,
  /** The same while the daemon is young, when much settles at once. */
  restartsMaxAtStart: 100,
  startMs: 300_000,
  trippedMs: 120_000,
  /** What one module adds at most: it is held in check by its own backoff and limit. */
  perModuleMax: 5,
  /** What was held begins again one by one. */
  stepMs: 1000,
} as const;

export interface Breaker {
  /** Those that count, oldest first. */
  readonly restarts: readonly { readonly module: string; readonly atMs: number }[];
  /** Until when no restart begins; null when it has not tripped. */
  readonly trippedUntilMs: number | null;
  /** How many were told to wait since it tripped. */
  readonly held: number;
}

export const untrippedBreaker: Breaker = { restarts: [], trippedUntilMs: null, held: 0 };

export interface DueRestart {
  readonly module: string;
  /** All of these are monotonic. */
  readonly nowMs: number;
  readonly daemonStartedMs: number;
  readonly moduleCount: number;
}

export interface Admission {
  readonly breaker: Breaker;
  /** How long this restart has to wait before it asks again; null when it may begin. */
  readonly waitMs: number | null;
  readonly tripped: boolean;
}

/** A restart that is due asks whether it may begin. */
export function admit(breaker: Breaker, due: DueRestart): Admission {
  const { module, nowMs } = due;
  const { trippedUntilMs, held } = breaker;
  if (trippedUntilMs !== null && nowMs < trippedUntilMs) {
    const waitMs = trippedUntilMs - nowMs + held * breakerRule.stepMs;
    return { breaker: { ...breaker, held: held + 1 }, waitMs, tripped: false };
  }
  // What came before it tripped has been paid for.
  const before = trippedUntilMs === null ? breaker.restarts : [];
  const recent = before.filter(({ atMs }) => nowMs - atMs < breakerRule.windowMs);
  const own = recent.filter((restart) => restart.module === module).length;
  const restarts = own < breakerRule.perModuleMax ? [...recent, { module, atMs: nowMs }] : recent;
  if (restarts.length > restartsMax(due)) {
    const waitMs = breakerRule.trippedMs;
    return {
      breaker: { restarts: [], trippedUntilMs: nowMs + waitMs, held: 1 },
      waitMs,
      tripped: true,
    };
  }
  return { breaker: { restarts, trippedUntilMs: null, held: 0 }, waitMs: null, tripped: false };
}

/** A restart of each module for once is no avalanche, however many there are. */
export function restartsMax({
  nowMs,
  daemonStartedMs,
  moduleCount,
}: Pick<DueRestart, 'nowMs' | 'daemonStartedMs' | 'moduleCount'>): number {
  const isYoung = nowMs - daemonStartedMs < breakerRule.startMs;
  const most = isYoung ? breakerRule.restartsMaxAtStart : breakerRule.restartsMax;
  return Math.max(most, moduleCount);
}
