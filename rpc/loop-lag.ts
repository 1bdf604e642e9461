/**
 * How late the event loop of this thread runs what is due, measured by daemon and modules alike.
 * Sampling wakes a process dozens of times a second, so an idle loop is not sampled: how long it was
 * active in all (which costs nothing to know) is then the most that anything can have waited.
 */
import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';

export interface LoopLag {
  /** Nothing waited longer, in milliseconds; null for a window in which that was not measured. */
  readonly maxMs: number | null;
  /** All but one in a hundred samples came at most so late; null as `maxMs`. */
  readonly p99Ms: number | null;
  /** Share of the window in which the loop was not idle, 0 to 1. */
  readonly utilization: number;
}

/** More than one in a hundred later than this is a loop that somebody blocks. */
export const lagMsMax = 50;

/** One such block counts also when all else came in time. */
const longBlockMs = 1000;

/** Whether a window shows that something blocks the loop; a single hiccup does not. Pure. */
export function isHeldUp({ maxMs, p99Ms }: Pick<LoopLag, 'maxMs' | 'p99Ms'>): boolean {
  return (p99Ms ?? 0) > lagMsMax || (maxMs ?? 0) >= longBlockMs;
}

/**
 * What is certain of a window without a sample. At worst all that was active in it was one block: who
 * came in its first part waited for longer than the limit, and where that part is less than a hundredth
 * of the window, so are they. Null where more than that was active. Pure.
 */
export function boundsOf(activeMs: number, windowMs: number): Pick<LoopLag, 'maxMs' | 'p99Ms'> {
  const isCertain = activeMs < Math.min(lagMsMax + windowMs / 100, longBlockMs);
  if (!isCertain) return { maxMs: null, p99Ms: null };
  return { maxMs: activeMs, p99Ms: Math.min(activeMs, lagMsMax) };
}

const resolutionMs = 20;
/** Sampling itself costs some 0.4 % of a core: the next window goes without it below this share. */
const worthSampling = 0.02;

export class LoopLagMeter {
  #before = performance.eventLoopUtilization();
  #samples: IntervalHistogram | null = null;

  /** The figures since the last call. A loop of which they say nothing is sampled from then on. */
  take(): LoopLag {
    const now = performance.eventLoopUtilization();
    const { active, idle, utilization } = performance.eventLoopUtilization(now, this.#before);
    this.#before = now;
    const bounds = boundsOf(active, active + idle);
    const lag = { ...bounds, ...sampled(this.#samples), utilization };
    const isUnclear = bounds.maxMs === null;
    this.#sample(this.#samples === null ? isUnclear : utilization >= worthSampling);
    return lag;
  }

  stop(): void {
    this.#sample(false);
  }

  #sample(isWorthIt: boolean): void {
    if (isWorthIt) {
      this.#samples ??= monitorEventLoopDelay({ resolution: resolutionMs });
      this.#samples.reset();
      this.#samples.enable();
    } else {
      this.#samples?.disable();
      this.#samples = null;
    }
  }
}

/** A sample is the time from one look to the next, hence the subtraction. */
function sampled(samples: IntervalHistogram | null): Pick<LoopLag, 'maxMs' | 'p99Ms'> | null {
  if (samples === null || samples.count === 0) return null;
  const lateMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  return { maxMs: lateMs(samples.max), p99Ms: lateMs(samples.percentile(99)) };
}
