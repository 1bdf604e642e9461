import type { StressLevel } from '../stress.ts';

export interface LevelThresholds {
  readonly elevated: number;
  readonly critical: number;
}

export interface Levels {
  readonly level: StressLevel;
  /** Null while the stress is below it. What is critical is elevated too. */
  readonly elevated: Episode | null;
  readonly critical: Episode | null;
}

export interface Episode {
  /** By the clock of the caller. */
  readonly sinceMs: number;
  /** So many samples in a row would have it end. */
  readonly samplesBelow: number;
}

export const normalLevels: Levels = { level: 'normal', elevated: null, critical: null };

/** An episode ends after so many samples in a row that are so far below its threshold. */
const samplesToLeave = 5;
const pointsBelow = 10;

/** A level is entered with the first sample at its threshold; `pointsBelow` and more keep it longer. */
export function nextLevel(
  levels: Levels,
  total: number,
  nowMs: number,
  thresholds: LevelThresholds,
): Levels {
  const critical = nextEpisode(levels.critical, total, nowMs, thresholds.critical);
  const elevated = nextEpisode(levels.elevated, total, nowMs, thresholds.elevated);
  const level = critical ? 'critical' : elevated ? 'elevated' : 'normal';
  return { level, elevated, critical };
}

function nextEpisode(
  episode: Episode | null,
  total: number,
  nowMs: number,
  threshold: number,
): Episode | null {
  if (episode === null) return total >= threshold ? { sinceMs: nowMs, samplesBelow: 0 } : null;
  // With a threshold of a few points, no stress at all must be below it.
  const leave = Math.max(threshold - pointsBelow, 1);
  const samplesBelow = total < leave ? episode.samplesBelow + 1 : 0;
  return samplesBelow < samplesToLeave ? { ...episode, samplesBelow } : null;
}
