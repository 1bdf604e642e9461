/**
 * What this host reads and writes when nothing is wrong, so that a spike can be told. Two averages:
 * the fast one does not learn from spikes, so that a spike does not become usual by lasting for a few
 * samples; the slow one learns from all there is, so that what lasts for some ten minutes does.
 */
import { z } from 'zod';

export interface IoBaseline {
  readonly fastBytesPerSecond: number;
  readonly slowBytesPerSecond: number;
  /** That it has learned from; counted to the end of the first lessons. */
  readonly samples: number;
}

export interface IoSpike {
  readonly bytesPerSecond: number;
  readonly usualBytesPerSecond: number;
}

export const firstBaseline: IoBaseline = {
  fastBytesPerSecond: 10e6,
  slowBytesPerSecond: 10e6,
  samples: 0,
};

/** So long it learns quickly, and only `spikeWhileLearning` is one. */
const lessons = 60;
const alphas = { learning: { fast: 0.3, slow: 0.1 }, learned: { fast: 0.1, slow: 0.001 } };
const spikeWhileLearning = 200e6;
const spikeAlways = 100e6;
const spikeFactor = 10;
/** On a host that is idle for hours the flush of a log would be a spike. */
const usualMin = 1e6;

export function isLearned({ samples }: IoBaseline): boolean {
  return samples >= lessons;
}

/** Whether this rate is a spike. Ask before `learn`, or a spike would hide itself. */
export function ioSpike(baseline: IoBaseline, bytesPerSecond: number): IoSpike | null {
  const { fastBytesPerSecond: fast, slowBytesPerSecond: slow } = baseline;
  const usual = Math.max(fast, slow, usualMin);
  const limit = isLearned(baseline)
    ? Math.min(usual * spikeFactor, spikeAlways)
    : spikeWhileLearning;
  return bytesPerSecond > limit ? { bytesPerSecond, usualBytesPerSecond: usual } : null;
}

/**
 * The baseline after this rate.
 *
 * @param weight the share of a normal interval that the rate is of, so that looking more often
 *   teaches no faster; at most 1, however long the interval was
 */
export function learn(baseline: IoBaseline, bytesPerSecond: number, weight: number): IoBaseline {
  const { fastBytesPerSecond: fast, slowBytesPerSecond: slow, samples } = baseline;
  const { learning, learned } = alphas;
  const alpha = isLearned(baseline) ? learned : learning;
  const isSpike = ioSpike(baseline, bytesPerSecond) !== null;
  return {
    fastBytesPerSecond: isSpike ? fast : moved(fast, bytesPerSecond, alpha.fast, weight),
    slowBytesPerSecond: moved(slow, bytesPerSecond, alpha.slow, weight),
    samples: Math.min(samples + 1, lessons),
  };
}

function moved(average: number, value: number, alpha: number, weight: number): number {
  return average + (value - average) * (1 - (1 - alpha) ** Math.min(weight, 1));
}

const rate = z.number().nonnegative();
const schema = z.strictObject({
  fastBytesPerSecond: rate,
  slowBytesPerSecond: rate,
  samples: z.int().nonnegative(),
});

/** Null when the value is none, such as one from another version. */
export function parseBaseline(value: unknown): IoBaseline | null {
  const { data } = schema.safeParse(value);
  return data ?? null;
}
