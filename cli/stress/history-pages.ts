/** Rows of the host's history, page by page: the next page is asked for when the rows of one are taken. */
import type { HistoryRow, StressHistory, StressHistoryParams } from '../../rpc/shapes-stress.ts';
import type { DaemonConnection } from '../connect.ts';

export type HistoryWanted = Pick<StressHistoryParams, 'from' | 'to' | 'points'>;

/** So many stretches of equal length. */
export type HistoryPoints = HistoryWanted & { readonly points: number };

export async function* historyPages(
  daemon: DaemonConnection,
  wanted: HistoryWanted,
): AsyncGenerator<readonly HistoryRow[]> {
  let after: string | null = null;
  do {
    const page: StressHistory = await daemon.call('stress.history', {
      ...wanted,
      ...(after === null ? {} : { after }),
    });
    if (page.next !== null && page.next === after) {
      throw new Error(`the monitoring module gave the same page twice, at ${after}`);
    }
    after = page.next;
    yield page.rows;
  } while (after !== null);
}

/** All at once, for as many points as a terminal has columns or lines. */
export async function readHistory(
  daemon: DaemonConnection,
  wanted: HistoryPoints,
): Promise<HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for await (const page of historyPages(daemon, wanted)) rows.push(...page);
  return rows;
}
