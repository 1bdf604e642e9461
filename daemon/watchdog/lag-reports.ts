/** Tells of event loops that are held up: of the daemon's own, and of modules by what they measure. */
import { isHeldUp, lagMsMax } from '../../rpc/loop-lag.ts';
import type { Log } from '../logs/daemon-log.ts';
import type { System } from '../system.ts';

/** Who has been told once knows; it is told again when it goes on, or comes back, after so long. */
export const tellEveryMs = 10 * 60_000;

export interface LagFigures {
  readonly maxMs: number | null;
  readonly p99Ms: number | null;
}

export interface LagReportsOptions {
  readonly system: System;
  readonly publish: (topic: string, data: Record<string, string | number | null>) => void;
  readonly log: Pick<Log, 'warn'>;
}

export class LagReports {
  readonly #options: LagReportsOptions;
  /** By name; the daemon itself is null. */
  readonly #toldMs = new Map<string | null, number>();

  constructor(options: LagReportsOptions) {
    this.#options = options;
  }

  /** @param module null for the daemon itself */
  take(module: string | null, { maxMs, p99Ms }: LagFigures): void {
    if (!isHeldUp({ maxMs, p99Ms })) return;
    const { system, publish, log } = this.#options;
    const now = system.monotonicMs();
    if (now - (this.#toldMs.get(module) ?? Number.NEGATIVE_INFINITY) < tellEveryMs) return;
    this.#toldMs.set(module, now);
    const figures = { module, max_ms: Math.round(maxMs ?? 0), p99_ms: Math.round(p99Ms ?? 0) };
    const long = `is held up, for ${figures.max_ms} ms at once`;
    if (module === null) {
      const cause = 'is the machine overloaded, or its disk slow?';
      log.warn(figures, `the daemon's event loop ${long}: answers and checks come late — ${cause}`);
    } else {
      const cause = 'look for synchronous calls and long computations in its code';
      log.warn(figures, `the event loop of ${module} ${long}: everything in it waits — ${cause}`);
    }
    publish('system.loop_lag', { ...figures, limit_ms: lagMsMax });
  }

  /** What a module says of itself when its health is asked; anything else is passed over. */
  takeAnswer(module: string, answer: unknown): void {
    const { details } = (answer ?? {}) as { details?: unknown };
    const said = (details ?? {}) as { loop_lag_ms?: unknown; loop_lag_p99_ms?: unknown };
    const { loop_lag_ms: maxMs, loop_lag_p99_ms: p99Ms } = said;
    if (typeof maxMs !== 'number' || typeof p99Ms !== 'number') return;
    this.take(module, { maxMs, p99Ms });
  }
}
