// A program that a test kills: writes rows in batches without end and prints the id of each that was
// acknowledged, one a line, in one write each.
import { writeSync } from 'node:fs';
import { openBatchWriter, openDatabase } from '../../../../modules/api/database.ts';

const [url = '', folder = '', first = '0'] = process.argv.slice(2);
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const writer = await openBatchWriter<{ id: string; n: number }>(openDatabase({ url, log: quiet }), {
  name: 'numbers',
  columns: { id: 'text', n: 'int8' },
  statement: (batch) => `INSERT INTO numbers SELECT id, n FROM ${batch} ON CONFLICT DO NOTHING`,
  batchRowsMax: 200,
  flushDelayMs: 5,
  queuedRowsMax: 2000,
  spill: { folder, afterMs: 20 },
  log: quiet,
});
for (let n = Number(first); ; n += 20) {
  await writer.room();
  const rows = Array.from({ length: 20 }, (_, index) => ({ id: `n${n + index}`, n: n + index }));
  void writer.write(rows).then(() => {
    writeSync(1, `${rows.map(({ id }) => id).join('\n')}\n`);
  });
  await new Promise((resolve) => setTimeout(resolve, 1));
}
