/** What a writer of batches does next: pure. */

export interface BatchSituation {
  readonly nowMs: number;
  readonly queuedRows: number;
  readonly isFull: boolean;
  /** When the oldest row in memory came. */
  readonly oldestAtMs: number | null;
  /** Rows on disk, which are older than those in memory; null when nothing may be put there. */
  readonly spilledRows: number | null;
  /** Attempts in a row to write to the database that came to nothing, and when to try again. */
  readonly failures: number;
  readonly retryAtMs: number;
  /** When the disk may be tried again. */
  readonly spillRetryAtMs: number;
  /** Somebody waits for all to be committed. */
  readonly isUrgent: boolean;
  /** `late`: the deadline of `close` is over. */
  readonly closing: 'no' | 'soon' | 'late';
}

export interface BatchLimits {
  readonly batchRowsMax: number;
  readonly flushDelayMs: number;
  /** Rows older than that go to disk. */
  readonly spillAfterMs: number;
}

export type BatchStep =
  | { readonly kind: 'spill' }
  | { readonly kind: 'write' }
  /** null: until something happens. */
  | { readonly kind: 'wait'; readonly delayMs: number | null }
  | { readonly kind: 'end' };

export function nextBatchStep(now: BatchSituation, limits: BatchLimits): BatchStep {
  const { nowMs, queuedRows, closing } = now;
  if (closing !== 'no' && queuedRows === 0) return { kind: 'end' };
  const spillAtMs = whenToSpill(now, limits);
  if (closing === 'late') return { kind: spillAtMs === null ? 'end' : 'spill' };
  if (spillAtMs !== null && spillAtMs <= nowMs) return { kind: 'spill' };
  const writeAtMs = whenToWrite(now, limits);
  if (writeAtMs !== null && writeAtMs <= nowMs) return { kind: 'write' };
  const times = [spillAtMs, writeAtMs].filter((atMs) => atMs !== null);
  return { kind: 'wait', delayMs: times.length === 0 ? null : Math.min(...times) - nowMs };
}

/** Not while the database keeps up: a full queue then only means that writers are fast. */
function whenToSpill(now: BatchSituation, { spillAfterMs }: BatchLimits): number | null {
  const { nowMs, oldestAtMs, spilledRows, spillRetryAtMs } = now;
  if (spilledRows === null || oldestAtMs === null) return null;
  const isBehind = now.failures > 0 || spilledRows > 0;
  if (now.closing === 'late') return nowMs;
  const isNow = (now.isFull && isBehind) || (now.closing === 'soon' && spilledRows > 0);
  return Math.max(spillRetryAtMs, isNow ? nowMs : oldestAtMs + spillAfterMs);
}

function whenToWrite(now: BatchSituation, limits: BatchLimits): number | null {
  const { nowMs, queuedRows, oldestAtMs, spilledRows, failures, retryAtMs } = now;
  const isAnyOnDisk = spilledRows !== null && spilledRows > 0;
  if (oldestAtMs === null && !isAnyOnDisk) return null;
  if (failures > 0) return retryAtMs;
  const isDue =
    isAnyOnDisk || oldestAtMs === null || now.isUrgent || now.isFull || now.closing === 'soon';
  return isDue || queuedRows >= limits.batchRowsMax ? nowMs : oldestAtMs + limits.flushDelayMs;
}
