import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { type MethodName, methods } from '../../rpc/contract.ts';
import type { StressDetail, StressEvent, StressStatus } from '../../rpc/shapes-stress.ts';
import { testDatabases, whyNoPostgres } from '../support/postgres.ts';
import { type TestHome, temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const frozenMs = 1300;
const schema = 'stress_e2e';
const monitoring = {
  ...{ type: 'node', module: 'superbot:monitoring', provides: ['stress'], ready: { link: true } },
  ...{ stop: { timeout: '20s' }, restart: { base_delay: '50ms' } },
  params: {
    sampling: { normal_interval: '200ms', elevated_interval: '200ms' },
    ...{ keep_awake: false, storage: 'files', schema },
  },
};

describe('the monitoring module (row 93)', () => {
  const why = whyNoPostgres();
  const freshDatabase = testDatabases();
  const homes = temporaryHomes('all');
  let home: TestHome;
  let url = '';

  before(async () => {
    home = homes.create({ modules: { monitoring }, autostart: ['monitoring'] });
    if (why === null) url = await freshDatabase();
    if (url !== '') home.env['DATABASE_URL'] = url;
    await home.start();
    await home.reaches('monitoring', 'running');
  });

  /** Rejects unless the answer is in its shape, with nothing beyond it. */
  async function ask<T>(method: string, params: object = {}): Promise<T> {
    const answer = await (await home.rpc()).callAny(method, params);
    expect(methods[method as MethodName].result.parse(answer)).to.deep.equal(answer);
    return answer as T;
  }
  const status = () => ask<StressStatus>('stress.status');
  const events = async () => (await ask<{ events: StressEvent[] }>('stress.events')).events;

  it('samples from the start, and answers in the shapes of the contract (row 43)', async () => {
    const now = await until('two samples', async () => {
      const seen = await status();
      return seen.running && seen.sample_count >= 2 ? seen : null;
    });
    expect(now.storage).to.include({ kind: 'files', problem: null });
    expect(now.last_sample!.cpu.online_cores).to.be.at.least(1);
    const to = new Date(Date.now() + 60_000).toISOString();
    const from = new Date(Date.now() - 60_000).toISOString();
    const { rows } = await ask<{ rows: object[] }>('stress.history', { from, to, points: 60 });
    expect(rows).to.not.deep.equal([]);
    expect(await ask('stress.prune', { dry_run: true })).to.include({ samples: 0, events: 0 });
    const { status: exitCode, stdout } = await home.cli('stress', 'status');
    expect(exitCode).to.equal(0);
    expect(stdout).to.include('stress');
    const names = home.storedLines('monitoring').map(({ text }) => text);
    expect(names).to.include.members(['daemon_starting', 'daemon_started']);
  });

  it('that was frozen tells of one pause, with what was before and a capture (rows 33, 34)', async () => {
    const { pid } = await home.module('monitoring');
    const { event_count: before } = await status();
    const frozenAtMs = Date.now();
    process.kill(pid!, 'SIGSTOP');
    try {
      await until('it was frozen for long enough', () => Date.now() - frozenAtMs > frozenMs);
    } finally {
      process.kill(pid!, 'SIGCONT');
    }
    const thawedAtMs = Date.now();
    const isOfIt = ({ kind, at }: StressEvent) =>
      kind === 'pause' && Date.parse(at) > frozenAtMs - 2000 && Date.parse(at) < thawedAtMs;
    const [pause, ...others] = await until('the pause names its capture', async () => {
      const found = (await events()).filter(isOfIt);
      return (found[0]?.folder ?? null) === null ? null : found;
    });
    expect(others).to.deep.equal([]);
    expect((await status()).event_count).to.be.greaterThan(before);
    expect(pause!.duration_ms).to.be.at.least(frozenMs);
    const { cause, actual_ms, expected_ms, excess_ms, latency_ratio } = pause!.pause!;
    expect({ cause, actual_ms, expected_ms }).to.deep.equal({
      ...{ cause: 'process', actual_ms: pause!.duration_ms, expected_ms: 200 },
    });
    expect(excess_ms).to.be.closeTo(actual_ms - expected_ms, 0.01);
    expect(latency_ratio).to.be.closeTo(actual_ms / expected_ms, 0.01);

    const detail = await ask<StressDetail>('stress.show', { id: pause!.id });
    expect(detail.before.at(-1)).to.include({ stress_total: pause!.stress.total });
    const folder = join(home.path, 'data', 'monitoring', 'events', pause!.folder!);
    const metadata = join(folder, 'metadata.json');
    await until('its metadata are there', () => existsSync(metadata));
    const written = JSON.parse(readFileSync(metadata, 'utf8')) as object;
    expect(written).to.include.keys('timestamp', 'duration', 'expected_interval', 'latency_ratio');
  });

  it('has what it has seen after kill -9', async () => {
    const { pid } = await home.module('monitoring');
    const seen = (await events()).map(({ id }) => id);
    process.kill(pid!, 'SIGKILL');
    await until('another process samples', async () => {
      const now = await home.module('monitoring');
      return now.state === 'running' && now.pid !== pid && (await status()).sample_count > 0;
    });
    expect((await events()).map(({ id }) => id)).to.include.members(seen);
  });

  it('keeps it in the database, where it is told to (row 39)', async function () {
    if (why !== null) {
      this.test!.title += ` — skipped: ${why}`;
      return this.skip();
    }
    const params = { ...monitoring.params, storage: 'database' };
    await (await home.rpc()).call('module.restart', { module: 'monitoring', params });
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await until('there are samples', async () => (await count(client, 'samples')) > 0);
      const tables = ['samples', 'process_samples', 'events', 'daemon_state'];
      expect(await tablesOf(client)).to.include.members(tables);
    } finally {
      await client.end();
    }
    expect((await status()).storage).to.include({ kind: 'database', problem: null });
  });

  it('ends in order, and leaves no process behind (row 26)', async () => {
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect(home.processes()).to.deep.equal([]);
    const names = home.storedLines('monitoring').map(({ text }) => text);
    expect(names.slice(names.lastIndexOf('daemon_stopping'))).to.include('daemon_stopped');
  });
});

async function tablesOf(client: pg.Client): Promise<string[]> {
  const text = 'SELECT tablename FROM pg_tables WHERE schemaname = $1';
  const { rows } = await client.query<{ tablename: string }>(text, [schema]);
  return rows.map(({ tablename }) => tablename);
}

/** 0 while there is no such table. */
async function count(client: pg.Client, table: string): Promise<number> {
  if (!(await tablesOf(client)).includes(table)) return 0;
  const { rows } = await client.query<{ n: string }>(`SELECT count(*) n FROM ${schema}.${table}`);
  return Number(rows[0]!.n);
}
