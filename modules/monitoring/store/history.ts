/** The history as it is asked for: sample by sample, or in stretches, in pages that fit a message. */
import { RpcError } from '../../api/module.ts';
import type { MonitorStore, StoredSample } from '../store.ts';
import type { HistoryRow } from './history-row.ts';
import { oneRow } from './stretches.ts';

export interface HistoryQuestion {
  readonly fromMs: number;
  /** Not in it. */
  readonly toMs: number;
  /** So many stretches of equal length, or somewhat fewer; null: each sample. */
  readonly points: number | null;
  /** The `next` of the page before; null: the first. */
  readonly after: string | null;
  /** Rows of a page. */
  readonly limit: number;
}

export interface HistoryPage {
  /** Oldest first, without stretches that have no sample. */
  readonly rows: readonly HistoryRow[];
  /** Null: there is no more; else there may be. */
  readonly next: string | null;
}

/** Throws `invalidParams` for an `after` that no page has given. */
export async function answerHistory(
  store: Pick<MonitorStore, 'samples' | 'history'>,
  { fromMs, toMs, points, after, limit }: HistoryQuestion,
): Promise<HistoryPage> {
  const beginMs = after === null ? fromMs : beginOf(after);
  if (points === null) {
    const untilMs = toMs - 1;
    const samples = await store.samples({ afterMs: beginMs - 1, untilMs, limit });
    const rows = samples.map((one) => historyRowOf([one], one.sample.atMs));
    return pageOf(rows, limit, 1);
  }
  // Whole milliseconds, so that a page begins where the stretches of the one before have ended.
  const stepMs = Math.max(1, Math.ceil((toMs - fromMs) / points));
  const rows = await store.history({ fromMs: beginMs, untilMs: toMs, stepMs, limit });
  return pageOf(rows, limit, stepMs);
}

/** All of them as one row. */
export function historyRowOf(samples: readonly StoredSample[], atMs: number): HistoryRow {
  return oneRow(samples, atMs);
}

function pageOf(rows: readonly HistoryRow[], limit: number, stepMs: number): HistoryPage {
  const last = rows.at(-1);
  const isWhole = last === undefined || rows.length < limit;
  return { rows, next: isWhole ? null : String(Date.parse(last.at) + stepMs) };
}

function beginOf(after: string): number {
  if (/^\d{1,16}$/.test(after)) return Number(after);
  throw new RpcError('invalidParams', 'invalid params: "after" is not the "next" of a page');
}
