import type { Host } from '../host/host.ts';
import type { HostLook } from '../host/look.ts';
import { judgeInterval, type Verdict } from '../pauses/verdict.ts';
import type { HostSample } from '../sample.ts';
import type { Stress } from '../stress.ts';
import { type IoBaseline, ioSpike, learn } from './io-baseline.ts';
import { type Levels, type LevelThresholds, nextLevel } from './levels.ts';
import { scoreStress } from './score.ts';

/** What one sample leaves for the next. */
export interface Known {
  /** Null before the first, and after one that failed. */
  readonly look: HostLook | null;
  readonly baseline: IoBaseline;
  readonly levels: Levels;
}

export interface Assessment {
  readonly sample: HostSample;
  readonly stress: Stress;
  readonly verdict: Verdict;
  readonly known: Known;
}

export interface AssessmentContext {
  readonly host: Pick<Host, 'sampleBetween'>;
  /** What should have passed since the look before. */
  readonly expectedMs: number;
  readonly normalIntervalMs: number;
  readonly nowMs: number;
  readonly thresholds: LevelThresholds;
}

/** What a look tells, by what was known before it. */
export function assess(known: Known, look: HostLook, context: AssessmentContext): Assessment {
  const { host, expectedMs, normalIntervalMs, nowMs, thresholds } = context;
  const sample = host.sampleBetween(known.look, look);
  const verdict: Verdict =
    known.look === null
      ? { kind: 'none', latencyRatio: 1 }
      : judgeInterval(known.look, look, expectedMs);
  const bytesPerSecond = ioRate(sample);
  const spike = bytesPerSecond === null ? null : ioSpike(known.baseline, bytesPerSecond);
  const scored = (latencyRatio: number) => scoreStress(sample, { latencyRatio, ioSpike: spike });
  const stress = scored(verdict.latencyRatio);
  // A pause is told as what it is; being late for it does not make the host elevated as well.
  const { total } = verdict.kind === 'pause' ? scored(1) : stress;
  const baseline =
    bytesPerSecond === null
      ? known.baseline
      : learn(known.baseline, bytesPerSecond, sample.intervalMs / normalIntervalMs);
  const levels = nextLevel(known.levels, total, nowMs, thresholds);
  return { sample, stress, verdict, known: { look, baseline, levels } };
}

function ioRate({ disk }: HostSample): number | null {
  const { readBytesPerSecond: read, writtenBytesPerSecond: written } = disk;
  return read === null && written === null ? null : (read ?? 0) + (written ?? 0);
}
