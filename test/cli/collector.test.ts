import { expect } from 'chai';
import { describe, it } from 'mocha';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CollectorCoverage, CollectorStatus } from '../../rpc/shapes-collector.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { BundledCli } from './bundle.ts';

const range = ['--from', '2026-11-22T10:00Z', '--to', '2026-11-22T11:00Z'];

describe('superbot-cli collector', () => {
  const cli = new BundledCli();
  const freshFolder = temporaryFolders();

  /** A daemon whose collector gives `count` prices in pages of what is asked for, or ends early. */
  function servePrices(count: number, asked: object[] = [], failAfter = Infinity) {
    const call = (_method: string, params: unknown) => {
      const { after, limit } = params as { after?: string; limit: number };
      asked.push(params as object);
      const from = Number(after ?? 0);
      if (from >= failAfter) return Promise.reject(new Error('the disk is on fire'));
      const to = Math.min(count, from + limit);
      const rows = Array.from({ length: to - from }, (_, index) => price(from + index));
      return Promise.resolve({ rows, next: to < count ? String(to) : null });
    };
    return cli.serve({}, { claimed: { has: () => true, call } });
  }

  it('writes all pages as CSV or NDJSON, line by line as the collector gave them', async () => {
    const asked: object[] = [];
    const server = await servePrices(2500, asked);
    const csv = await cli.run([
      ...server,
      'collector',
      'query',
      'prices',
      ...range,
      '--format',
      'csv',
    ]);
    expect(csv).to.include({ status: 0, stderr: '' });
    const lines = csv.stdout.split('\r\n');
    expect(lines.slice(0, 2)).to.deep.equal([
      'ts,token_id,price,volume_24h',
      `${time(0)},t0,0.0,0`,
    ]);
    expect(lines).to.have.lengthOf(2502);
    const span = {
      kind: 'prices',
      from: '2026-11-22T10:00:00.000Z',
      to: '2026-11-22T11:00:00.000Z',
    };
    expect(asked).to.deep.equal([
      { ...span, limit: 1000 },
      { ...span, limit: 1000, after: '1000' },
      { ...span, limit: 1000, after: '2000' },
    ]);
    const ndjson = await cli.run([...server, '--json', 'collector', 'query', 'prices', ...range]);
    const rows = ndjson.stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(rows).to.deep.equal(Array.from({ length: 2500 }, (_, index) => price(index)));
  });

  it('makes the file when all of it is there, of the format that its name says, and keeps nothing of a failure', async () => {
    const folder = freshFolder();
    const file = join(folder, 'prices.csv');
    const bad = await servePrices(5000, [], 2000);
    const query = ['collector', 'query', 'prices', ...range, '--output', file];
    const failed = await cli.run([...bad, ...query]);
    expect(failed.status).to.equal(1);
    expect(readdirSync(folder)).to.deep.equal([]);

    const server = await servePrices(1200);
    const done = await cli.run([...server, ...query]);
    expect(done).to.deep.equal({ status: 0, stdout: `${file}  1200 rows\n`, stderr: '' });
    expect(readdirSync(folder)).to.deep.equal(['prices.csv']);
    expect(readFileSync(file, 'utf8').split('\r\n')).to.have.lengthOf(1202);

    const again = await cli.run([...bad, ...query]);
    expect(again.status).to.equal(1);
    expect(readFileSync(file, 'utf8').split('\r\n')).to.have.lengthOf(1202);
    const json = await cli.run([
      ...server,
      '--json',
      ...query,
      '--format',
      'ndjson',
      '--limit',
      '3',
    ]);
    expect(JSON.parse(json.stdout)).to.deep.equal({ file, rows: 3 });
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).to.have.lengthOf(3);
  });

  it('writes through a link to the file behind it, and refuses to replace what is no file', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'real.csv'), 'old');
    symlinkSync('real.csv', join(folder, 'link.csv'));
    const server = await servePrices(1);
    const query = (output: string) =>
      cli.run([...server, 'collector', 'query', 'prices', ...range, '--output', output]);
    expect(await query(join(folder, 'link.csv'))).to.include({ status: 0 });
    expect(readFileSync(join(folder, 'real.csv'), 'utf8')).to.match(/^ts,/);
    for (const output of ['/dev/null', folder]) {
      const refused = await query(output);
      expect(refused.status, output).to.equal(2);
      expect(refused.stderr).to.include(`cannot write "${output}": it is no file`);
    }
    expect(existsSync('/dev/null')).to.equal(true);
    const missing = join(folder, 'none', 'x.csv');
    expect(await query(missing))
      .to.include({ status: 1 })
      .and.have.property('stderr')
      .match(/ENOENT/);
  });

  it('asks for no more pages than its reader takes, and ends when the reader has gone', async () => {
    const asked: object[] = [];
    const server = await servePrices(1_000_000, asked);
    const query = ['collector', 'query', 'prices', ...range, '--format', 'csv'];
    const child = cli.start([...server, ...query]);
    const exited = once(child, 'exit');
    await once(child.stdout!, 'readable');
    // Meanwhile one that is read writes a hundred pages.
    const whole = await cli.run([...(await servePrices(100_000)), ...query]);
    expect(whole.status).to.equal(0);
    expect(asked.length).to.be.below(20);
    child.stdout!.destroy();
    expect((await exited)[0]).to.equal(0);
    expect(asked.length).to.be.below(25);
  });

  it('stops with an error when a collector gives one page for ever', async () => {
    const page = { rows: [price(1)], next: '5' };
    const server = await cli.serve(
      {},
      { claimed: { has: () => true, call: () => Promise.resolve(page) } },
    );
    const { status, stderr } = await cli.run([
      ...server,
      'collector',
      'query',
      'prices',
      '--format',
      'csv',
    ]);
    expect(status).to.equal(1);
    expect(stderr).to.include('the collector gave the same page twice, at 5');
  });

  it('shows a table of the first rows, and says when there are more', async () => {
    const server = await servePrices(500);
    const { stdout, stderr } = await cli.run([...server, 'collector', 'query', 'prices', ...range]);
    expect(stdout.split('\n')).to.have.lengthOf(102);
    expect(stdout.split('\n')[0]).to.match(/^TIME +TOKEN +PRICE +VOLUME 24H$/);
    expect(stderr).to.equal('(the first 100; --limit shows more, --output FILE writes all)\n');
    const none = await cli.run([
      ...(await servePrices(0)),
      'collector',
      'query',
      'prices',
      ...range,
    ]);
    expect(none.stderr).to.match(/^no prices from 2026-11-22T10:00:00.000Z to /);
  });

  const usage = [
    ['an unknown kind', ['query', 'candles']],
    ['a time that is none', ['query', 'trades', '--from', 'yesterday']],
    ['no rows at all', ['query', 'trades', '--limit', '0']],
    ['a collector that does not poll', ['collect', 'trades']],
  ] as const;
  for (const [title, args] of usage) {
    it(`refuses ${title}`, async () => {
      expect(await cli.run(['collector', ...args])).to.include({ status: 2 });
    });
  }

  it('shows the collectors and their tables', async () => {
    const server = await cli.serve({}, answering(status));
    const { stdout } = await cli.run([...server, 'collector', 'status']);
    const lines = stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, '|'));
    expect(lines[0]).to.equal('COLLECTOR|STATE|ITEMS|LAST|ERRORS|RESTARTS|LAST ERROR');
    expect(lines[1]).to.match(/^prices\|running\|\d*\|?1200\|.* ago\|1\|0\|HTTP 503\\x1b$/);
    expect(lines[2]).to.match(/^trades\|restarting\|.*77\|never\|-\|3/);
    expect(stdout).to.match(/connections +4 \(2 reconnections\)/);
    expect(stdout).to.match(/trades +1500 +2\.0 MB +5 +2026-11-21/);
    expect(await cli.run([...server, '--json', 'collector', 'status'])).to.include({
      stdout: `${JSON.stringify(status)}\n`,
    });
  });

  it('shows how complete each day is, never rounded up, and what is missing', async () => {
    const server = await cli.serve({}, answering(coverage));
    const { stdout, stderr } = await cli.run([...server, 'collector', 'coverage', '--since', '1d']);
    const lines = stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, '|'));
    expect(lines[0]).to.equal('DAY|COLLECTOR|COMPLETE|MISSING|DROPPED|QUARANTINED');
    expect(lines[1]).to.equal('2026-11-22|trades|99.999 %|<1s|7|2');
    expect(lines[4]).to.equal('2026-11-22T10:00:00.000Z|1m 30s|trades/0|reset by the venue');
    expect(stderr).to.match(
      /^trades\/1 is not connected: it never was\n\(4 older gaps left out\)\n$/,
    );
  });
});

function answering(document: object) {
  return { claimed: { has: () => true, call: () => Promise.resolve(document) } };
}

function time(index: number): string {
  return new Date(Date.UTC(2026, 10, 22, 10) + index).toISOString();
}

function price(index: number) {
  return { ts: time(index), token_id: `t${index}`, price: `0.${index}`, volume_24h: '0' };
}

const polling = { state: 'running' as const, restarts: 0, interval: 60 };
const status: CollectorStatus = {
  started_at: time(0),
  uptime_seconds: 5,
  tasks_alive: 6,
  tasks_dead: 0,
  total_restarts: 3,
  collectors: [
    {
      ...polling,
      collector: 'prices',
      last_collect_ts: time(0),
      total_items: 1200,
      error_count: 1,
      last_error: 'HTTP 503\u001b',
    },
  ],
  trade_listener: {
    collector: 'trades',
    state: 'restarting',
    restarts: 3,
    started_at: time(0),
    trades_received: 90,
    trades_inserted: 77,
    batches_inserted: 4,
    connections_active: 4,
    reconnections: 2,
    queue_depth: 0,
    last_trade_ts: null,
    last_insert_ts: null,
    last_reconnect_ts: null,
    backfill_pending: 0,
    commit_latency_ms: null,
  },
  tables: [
    { table: 'trades', rows: 1500, bytes: 2_097_152, partitions: 5, oldest_day: '2026-11-21' },
  ],
};

const coverage: CollectorCoverage = {
  since: time(0),
  until: time(1000),
  days: [
    {
      day: '2026-11-22',
      collector: 'trades',
      completeness: 0.999999,
      expected_seconds: 100,
      covered_seconds: 99.9999,
      dropped: 7,
      quarantined: 2,
    },
  ],
  streams: [
    {
      stream: 'trades/1',
      collector: 'trades',
      connected: false,
      expected: true,
      last_frame_at: null,
      covered_until: null,
      completeness: 0,
    },
  ],
  gaps_total: 5,
  gaps: [
    {
      stream: 'trades/0',
      from: time(0),
      to: time(90_000),
      seconds: 90,
      reason: 'reset by the venue',
    },
  ],
  backfilled: [],
};
