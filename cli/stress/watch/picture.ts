/** What the watch screen knows. */
import type { StressEvent, StressStatus } from '../../../rpc/shapes-stress.ts';
import type { History } from '../history-chart.ts';

export type View = 'now' | 'events' | 'history';

export interface Picture {
  readonly view: View;
  readonly status: StressStatus;
  /** The newest first; null until they are known. */
  readonly events: readonly StressEvent[] | null;
  /** The stress of the last minutes, oldest first. */
  readonly recent: readonly Moment[];
  /** Null until it was asked for. */
  readonly history: History | null;
  /** Why what is shown is old, or not all there; null while all is well. */
  readonly problem: string | null;
}

export type Moment = History['rows'][number];

export const recentMs = 10 * 60_000;
/** 10 s each, so that there is a sample in each. */
export const recentPoints = 60;
/** Ten minutes at one a second, and some. */
const momentsMax = 1000;

/** With one more sample, unless it is there already; what is too old goes. */
export function withMoment(recent: readonly Moment[], status: StressStatus): readonly Moment[] {
  const { last_sample: sample } = status;
  if (sample === null || sample.at === recent.at(-1)?.at) return recent;
  const fromMs = Date.parse(sample.at) - recentMs;
  const kept = recent.filter(({ at }) => Date.parse(at) >= fromMs).slice(1 - momentsMax);
  return [...kept, { at: sample.at, stress_total: sample.stress.total }];
}
