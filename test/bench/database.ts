import { type Database, openBatchWriter, openDatabase } from '../../modules/api/database.ts';
import { TestPostgres } from '../support/postgres.ts';
import { compare, type Figure } from './measure.ts';

const rounds = 7;
const tradesMany = 100_000;

interface BenchTrade {
  readonly id: string;
  readonly at: Date;
  readonly token: string;
  readonly side: string;
  readonly price: string;
  readonly size: string;
}

const columns = {
  id: 'text',
  at: 'timestamptz',
  token: 'text',
  side: 'text',
  price: 'numeric',
  size: 'numeric',
};

/** What it costs to acknowledge each trade when it is committed. The server has no fsync: the disk is not asked. */
export async function database(): Promise<Figure[]> {
  const server = await TestPostgres.start();
  const pool = openDatabase({ url: server.url() });
  try {
    await pool.query(
      'CREATE TABLE trades (id text, at timestamptz, token text, side text, price numeric, size numeric)',
    );
    const trades = Array.from({ length: tradesMany }, (_, n) => tradeOf(n));
    const measured = await compare(
      rounds,
      () => byWriter(pool, trades),
      () => byCopy(pool, trades),
    );
    const what = 'trades through the batch writer to committed rows / COPY';
    const target = { kind: 'ratio_min', limit: 0.3 } as const;
    return [{ what, unit: '/s', ...measured, target }];
  } finally {
    await pool.close();
    // The server's process keeps nobody alive, not even who waits for its end.
    const waiting = setInterval(() => undefined, 1000);
    await server.dispose();
    clearInterval(waiting);
  }
}

async function byWriter(pool: Database, trades: readonly BenchTrade[]): Promise<number> {
  await pool.query('TRUNCATE trades');
  const writer = await openBatchWriter<BenchTrade>(pool, {
    name: 'trades',
    columns,
    statement: (batch) => `INSERT INTO trades SELECT * FROM ${batch}`,
    spill: null,
  });
  const beganMs = performance.now();
  // As they come from a feed: a few at a time.
  for (let n = 0; n < trades.length; n += 20) {
    await writer.room();
    void writer.write(trades.slice(n, n + 20));
  }
  await writer.flush();
  const perSecond = (trades.length / (performance.now() - beganMs)) * 1000;
  await writer.close();
  return perSecond;
}

async function byCopy(pool: Database, trades: readonly BenchTrade[]): Promise<number> {
  await pool.query('TRUNCATE trades');
  function* lines() {
    for (let n = 0; n < trades.length; n += 1000)
      yield trades
        .slice(n, n + 1000)
        .map(lineOf)
        .join('');
  }
  const beganMs = performance.now();
  await pool.copyFrom('COPY trades FROM STDIN', lines());
  return (trades.length / (performance.now() - beganMs)) * 1000;
}

function lineOf({ id, at, token, side, price, size }: BenchTrade): string {
  return `${id}\t${at.toISOString()}\t${token}\t${side}\t${price}\t${size}\n`;
}

/** With an id as of a transaction, and a token of 78 digits. */
function tradeOf(n: number): BenchTrade {
  return {
    id: `0x${n.toString(16).padStart(64, '0')}`,
    at: new Date(1_790_000_000_000 + n),
    token: `${'7132'.repeat(19)}${10 + (n % 90)}`,
    side: n % 2 === 0 ? 'BUY' : 'SELL',
    price: `0.${1 + (n % 98)}`,
    size: `${n}.25`,
  };
}
