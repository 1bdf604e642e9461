/** What the monitor tells of, as it is handed on. */
import type { Culprit, Happening, Pause } from '../happening.ts';
import type { Notice } from '../notices.ts';
import type { StoredSample } from '../store.ts';
import type { Stress, StressLevel } from '../stress.ts';

/** Called one at a time. One that throws is logged, and changes nothing. */
export interface MonitorEvents {
  sample(stored: StoredSample, level: StressLevel): void;
  /** This and `pause` in the order in which they happened, when they are recorded or cannot be. */
  level(change: LevelChange): void;
  pause(seen: SeenPause): void;
  suspend(seen: { readonly atMs: number; readonly suspendedMs: number }): void;
  clockStep(seen: { readonly atMs: number; readonly steppedMs: number }): void;
  alert(notice: Notice): void;
}

export interface LevelChange {
  readonly from: StressLevel;
  readonly to: StressLevel;
  readonly atMs: number;
  readonly stress: Stress;
  readonly culprits: readonly Culprit[];
  /** Of the row of `to`; null on the way down, and where the store did not take it: the log says so. */
  readonly id: Happening['id'] | null;
  /** The last seconds, this sample included. */
  readonly ring: readonly StoredSample[];
}

export interface SeenPause {
  readonly id: Happening['id'] | null;
  /** Wall clock of its beginning. */
  readonly atMs: number;
  readonly pause: Pause;
  /** Of the last sample before. */
  readonly stress: Stress;
  readonly culprits: readonly Culprit[];
  /** The last seconds before. */
  readonly ring: readonly StoredSample[];
}
