/** What a capture is asked for with, and what it gives. */
import type { Culprit } from '../happening.ts';
import type { StoredSample } from '../store.ts';

export type CaptureTrigger = 'pause' | 'critical';

export interface CaptureRequest {
  readonly trigger: CaptureTrigger;
  readonly metadata: CaptureMetadata;
  /** The last seconds before it, frozen. */
  readonly ring: readonly StoredSample[];
  readonly culprits: readonly Culprit[];
  /** What the daemon says of itself and its modules; it is asked with a deadline. */
  readonly state: (signal: AbortSignal) => Promise<unknown>;
}

/** Null where it is no pause. */
export interface CaptureMetadata {
  /** Wall clock of the happening's beginning. */
  readonly atMs: number;
  /** The whole interval. */
  readonly durationMs: number | null;
  readonly expectedMs: number | null;
  readonly latencyRatio: number | null;
}

export interface Capture {
  /** The name of its folder below `events/`; made already. */
  readonly folder: string;
  /** Never rejects: what could not be captured says why. Resolves within a minute and a half. */
  readonly finished: Promise<readonly CaptureFile[]>;
}

/** One file that belongs to a capture. */
export type CaptureFile =
  | {
      readonly name: string;
      readonly bytes: number;
      readonly failure: null;
      /** What is missing of it, such as what only root may read; null for nothing. */
      readonly note: string | null;
    }
  | {
      readonly name: string;
      readonly bytes: null;
      /** Why there is no such file. */
      readonly failure: string;
      readonly note: null;
    };
