/** What happened to the host and is kept: one row of `stress events`. */
import type { ProcessShare } from './sample.ts';
import type { Stress } from './stress.ts';

export interface Happening {
  /** Set by the store, counting up. */
  readonly id: number;
  readonly kind: HappeningKind;
  /** Wall clock of its beginning. */
  readonly atMs: number;
  /** The whole interval of a pause; how long an episode of stress has lasted, null while it lasts. */
  readonly durationMs: number | null;
  /** Null but for a pause. */
  readonly pause: Pause | null;
  /** Of the last sample before a pause; the peak of an episode so far. */
  readonly stress: Stress;
  /** The heaviest first. */
  readonly culprits: readonly Culprit[];
  /** The name of its folder below the data folder's `events/`; null where nothing was captured. */
  readonly folder: string | null;
  readonly notes: string;
}

export type HappeningKind = 'pause' | 'elevated' | 'critical';

export interface Pause {
  readonly cause: PauseCause;
  /** What the interval between two samples was, what it should have been, and the rest. */
  readonly actualMs: number;
  readonly expectedMs: number;
  readonly excessMs: number;
  readonly latencyRatio: number;
}

/**
 * `process`: the host ran on, and this process did not. `machine`: the host itself was not run by its
 * hypervisor, or stood still. A suspend and a step of the wall clock are noticed too, but are no pause.
 */
export type PauseCause = 'process' | 'machine';

export interface Culprit {
  readonly process: ProcessShare;
  /** What it is accused of. */
  readonly why: CulpritReason;
  /** For people: `97 % of a core`. */
  readonly share: string;
}

export const culpritReasons = ['cpu', 'io', 'memory', 'wait', 'stuck', 'suspect'] as const;
export type CulpritReason = (typeof culpritReasons)[number];
