/** Where samples and happenings are kept. `store/database.ts` and `store/files.ts` are the two that are. */
import type { Happening, HappeningKind } from './happening.ts';
import type { HostSample, ProcessShare } from './sample.ts';
import type { HistoryRow } from './store/history-row.ts';
import type { Stress } from './stress.ts';

/**
 * Every promise rejects when the disk or the database refuses or does not answer in time. What was
 * accepted is there after a kill -9 of this process, but for samples of the last seconds.
 */
export interface MonitorStore {
  readonly kind: 'database' | 'files';

  /** Never waits for the disk or the database; what does not fit in its buffer is dropped, and counted. */
  addSample(sample: StoredSample): void;

  /** Resolves with the happening's id when it is safe. */
  addHappening(happening: NewHappening): Promise<number>;

  /** Brings one up to date: the end of an episode, the folder of a capture. */
  updateHappening(id: number, change: HappeningChange): Promise<void>;

  /** The newest first. */
  happenings(query: HappeningQuery): Promise<readonly Happening[]>;

  /** Null when there is none of that id, or no longer. */
  happening(id: number): Promise<Happening | null>;

  /** Oldest first, at most `limit`; `afterMs` is not in it, so that the last row's time leads on. */
  samples(span: {
    readonly afterMs: number;
    readonly untilMs: number;
    readonly limit: number;
  }): Promise<readonly StoredSample[]>;

  /**
   * What the samples of each stretch of `stepMs` have in common, the first beginning at `fromMs`;
   * `untilMs` is not in it. Oldest first, at most `limit`; a stretch without samples has no row.
   */
  history(span: HistorySpan): Promise<readonly HistoryRow[]>;

  /** The state that outlives a restart, such as the I/O baseline; null when there is none yet. */
  readState(key: string): Promise<unknown>;
  writeState(key: string, value: unknown): Promise<void>;

  /** Removes what is older, or only counts it. Folders of happenings are the caller's. */
  prune(limits: PruneLimits, options: { readonly dryRun: boolean }): Promise<Pruned>;

  /**
   * Why nothing reaches the disk or the database now, in words; null when all is well. While the
   * database is away, answers are of what this process has itself, and may be incomplete.
   */
  readonly problem: string | null;

  /** Of samples, since it was opened. */
  readonly counts: { readonly stored: number; readonly dropped: number };

  /** Writes what is buffered, as far as that can be done in a few seconds. Idempotent. */
  close(): Promise<void>;
}

export interface StoredSample {
  readonly sample: HostSample;
  readonly stress: Stress;
  /** The heaviest processes; empty where none were looked at. */
  readonly processes: readonly ProcessShare[];
}

export type NewHappening = Omit<Happening, 'id'>;
export type HappeningChange = Partial<
  Pick<Happening, 'durationMs' | 'stress' | 'culprits' | 'folder' | 'notes'>
>;

export interface HappeningQuery {
  readonly limit: number;
  readonly kinds?: readonly HappeningKind[];
  readonly sinceMs?: number;
}

export interface HistorySpan {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly stepMs: number;
  readonly limit: number;
}

export interface PruneLimits {
  readonly samplesBeforeMs: number;
  readonly happeningsBeforeMs: number;
}

export interface Pruned {
  readonly samples: number;
  readonly happenings: number;
  /** Folders that belonged to the happenings removed. */
  readonly folders: readonly string[];
}
