import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Level } from '../../../../modules/collector/rows.ts';
import { answerQuery } from '../../../../modules/collector/store/query-answer.ts';
import { BundledCli } from '../../../cli/bundle.ts';
import { whyNoPostgres } from '../../../support/postgres.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { freshStores, noon, trade } from './fresh-store.ts';

const missing = whyNoPostgres();
const count = 2345;

describe(`an export of what was collected${missing === null ? '' : ` (skipped: ${missing})`}`, function () {
  if (missing !== null) return;
  const freshStore = freshStores();
  const freshFolder = temporaryFolders();
  const cli = new BundledCli();

  it('is the table row by row, as CSV and as NDJSON', async () => {
    const { store, database, rows } = await freshStore();
    const each = Array.from({ length: count }, (_, n) => n);
    await store.addTrades(
      each.map((n) =>
        trade({ id: `t${n}`, atMs: noon + (n % 800), transactionHash: n % 9 ? `0x${n}` : null }),
      ),
    );
    await store.addPrices(
      each.map((n) => ({ atMs: noon, tokenId: `${n}`, price: `${n}.50`, volume24h: '0' })),
    );
    const bids: Level[] = [
      ['0.5', '1'],
      ['0.4', '2.50'],
    ];
    await store.addOrderbooks(
      each.slice(0, 90).map((n) => ({
        ...{ atMs: noon + n, tokenId: '1', bids, asks: [], spread: null, midpoint: '0.5' },
        isGhost: n % 2 === 0,
      })),
    );
    const call = (_method: string, params: unknown) => answerQuery(database, params);
    const server = await cli.serve({}, { claimed: { has: () => true, call } });
    const folder = freshFolder();
    for (const [kind, table] of Object.entries(tables)) {
      const stored = (await rows(table)).map((row) => row['line']);
      expect(stored, kind).to.have.lengthOf(kind === 'books' ? 90 : count);
      for (const format of ['csv', 'ndjson'] as const) {
        const file = join(folder, `${kind}.${format}`);
        const query = ['collector', 'query', kind, '--from', '2d', '--output', file];
        expect(await cli.run([...server, ...query]), file).to.include({ status: 0, stderr: '' });
        const text = readFileSync(file, 'utf8');
        if (format === 'csv') expect(text.split('\r\n').slice(1, -1), file).to.deep.equal(stored);
        else expect(text.split('\n').slice(0, -1).map(asCsv), file).to.deep.equal(stored);
      }
    }
  });
});

/** Each row as the line of CSV that it is, made by the database. */
const tables = {
  trades: `SELECT concat_ws(',', ${utc('ts')}, token_id, side, price, size, trade_id,
    coalesce(transaction_hash, ''), source) AS line FROM trades ORDER BY ts, trade_id`,
  prices: `SELECT concat_ws(',', ${utc('ts')}, token_id, price, volume_24h) AS line
    FROM price_snapshots ORDER BY ts, token_id`,
  books: `SELECT concat_ws(',', ${utc('ts')}, token_id, '', midpoint, is_ghost::text,
    ${quoted('bids')}, ${quoted('asks')}) AS line FROM orderbook_snapshots ORDER BY ts, token_id`,
};

function utc(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

function quoted(column: string): string {
  const json = `replace(${column}->>'levels', ' ', '')`;
  return `CASE WHEN ${json} LIKE '%,%' THEN '"' || replace(${json}, '"', '""') || '"' ELSE ${json} END`;
}

function asCsv(line: string): string {
  const row = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const { bids, asks, spread, midpoint, is_ghost: isGhost, ...rest } = row;
  const book = bids === undefined ? [] : [spread, midpoint, isGhost, bids, asks];
  return [...Object.values(rest), ...book].map(asField).join(',');
}

function asField(value: unknown): string {
  if (value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.includes(',') ? `"${text.replaceAll('"', '""')}"` : text;
}
