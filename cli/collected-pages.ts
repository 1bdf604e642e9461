/** Rows of the collector, page by page: the next page is asked for when the rows of one are taken. */
import type { MethodParams } from '../rpc/contract.ts';
import type { DaemonConnection } from './connect.ts';
import type { CollectedRow } from './collected-rows.ts';
import { CliError, exitStatus } from './failure.ts';

export type RowsWanted = Pick<MethodParams<'collector.query'>, 'kind' | 'from' | 'to' | 'token'>;

const pageRows = 1000;

/** Up to `rowsMax`, and then one empty page when there are more. */
export async function* collectedPages(
  daemon: DaemonConnection,
  wanted: RowsWanted,
  rowsMax: number,
): AsyncGenerator<{ readonly rows: readonly CollectedRow[]; readonly hasMore: boolean }> {
  let left = rowsMax;
  let after: string | null = null;
  do {
    const limit = Math.min(left, pageRows);
    const page: { rows: CollectedRow[]; next: string | null } = await daemon.call(
      'collector.query',
      { ...wanted, limit, ...(after === null ? {} : { after }) },
    );
    if (page.next !== null && page.next === after) {
      // A collector that gives one page for ever would fill the disk.
      throw new CliError(exitStatus.failed, `the collector gave the same page twice, at ${after}`);
    }
    left -= page.rows.length;
    after = page.next;
    yield { rows: page.rows, hasMore: after !== null };
  } while (after !== null && left > 0);
}
