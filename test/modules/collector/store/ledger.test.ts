import { expect } from 'chai';
import { describe, it } from 'mocha';
import { answerCoverage } from '../../../../modules/collector/store/coverage-answer.ts';
import { Ledger } from '../../../../modules/collector/store/ledger.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { TestPostgres, whyNoPostgres } from '../../../support/postgres.ts';
import { type FreshStore, freshStores, silent, today } from './fresh-store.ts';

const missing = whyNoPostgres();
const midnight = today - 3 * 86_400_000;
const at = (seconds: number) => midnight + seconds * 1000;

describe(`the coverage ledger${missing === null ? '' : ` (skipped: ${missing})`}`, function () {
  if (missing !== null) return;
  const freshStore = freshStores();

  const gapsOf = async ({ store }: FreshStore) =>
    (await store.coverage.gaps('trades', midnight)).map((gap) => [
      gap.stream,
      (gap.fromMs - midnight) / 1000,
      (gap.toMs - midnight) / 1000,
      gap.reason,
    ]);
  const days = async ({ database }: FreshStore, from: number, to: number) =>
    (await answerCoverage(database, { fromMs: at(from), toMs: at(to) })).days;

  it('has the time between two connections as a gap, until it is back-filled', async () => {
    const fresh = await freshStore();
    const { coverage } = fresh.store;
    coverage.expect('trades', ['trades/0', 'trades/1'], at(0));
    for (const stream of ['trades/0', 'trades/1']) coverage.connected(stream, at(0));
    coverage.covered('trades/0', at(100));
    coverage.covered('trades/1', at(400));
    coverage.disconnected('trades/0', at(110), 'reset by the venue');
    expect(await gapsOf(fresh)).to.deep.equal([]);
    coverage.connected('trades/0', at(150));
    coverage.covered('trades/0', at(400));
    expect(await gapsOf(fresh)).to.deep.equal([['trades/0', 100, 150, 'reset by the venue']]);
    const before = await days(fresh, 0, 400);
    expect(before).to.have.lengthOf(1);
    expect(before[0]).to.include({
      completeness: 0.9375,
      expected_seconds: 800,
      covered_seconds: 750,
    });
    coverage.backfilled('trades/0', at(90), at(160), 7);
    expect(await gapsOf(fresh)).to.deep.equal([]);
    expect((await days(fresh, 0, 400))[0]?.completeness).to.equal(1);
  });

  it('has what was lost inside a connection, and counts what was dropped and quarantined by day', async () => {
    const fresh = await freshStore();
    const { coverage } = fresh.store;
    coverage.expect('trades', ['trades/0'], at(0));
    coverage.connected('trades/0', at(0));
    coverage.gap('trades/0', at(20), at(30), 'silent');
    coverage.covered('trades/0', at(100));
    coverage.dropped('trades/0', 5, at(25));
    fresh.store.quarantine([
      { collector: 'trades', atMs: at(26), reason: 'no price', raw: '{"p":"\0"}' },
    ]);
    await coverage.flush();
    coverage.dropped('trades/0', 2, at(27));
    expect(await gapsOf(fresh)).to.deep.equal([['trades/0', 20, 30, 'silent']]);
    const [day] = await days(fresh, 0, 100);
    expect(day).to.include({ completeness: 0.9, dropped: 7, quarantined: 1 });
    expect(await fresh.rows('SELECT reason, raw FROM quarantine')).to.deep.equal([
      { reason: 'no price', raw: '{"p":"\ufffd"}' },
    ]);
  });

  it('takes what a killed run did not say as not covered, and shows its gaps to the next one', async () => {
    const first = await freshStore();
    const { url, schema } = first;
    first.store.coverage.expect('trades', ['trades/0', 'trades/1'], at(0));
    for (const stream of ['trades/0', 'trades/1']) first.store.coverage.connected(stream, at(0));
    for (const stream of ['trades/0', 'trades/1']) first.store.coverage.covered(stream, at(50));
    await first.store.coverage.flush();
    first.store.coverage.covered('trades/0', at(60));

    const second = await freshStore({ url, schema });
    second.store.coverage.expect('trades', ['trades/0'], at(100));
    second.store.coverage.connected('trades/0', at(101));
    second.store.coverage.covered('trades/0', at(200));
    expect(await gapsOf(second)).to.deep.equal([
      ['trades/0', 50, 101, 'not connected'],
      ['trades/1', 50, 100, 'not connected'],
    ]);
    const { streams } = await answerCoverage(second.database, { fromMs: at(0), toMs: at(200) });
    expect(
      streams.map(({ stream, connected, expected }) => [stream, connected, expected]),
    ).to.deep.equal([
      ['trades/0', true, true],
      ['trades/1', false, false],
    ]);
  });

  it('keeps a stream connected that is named again, adds one that was not named, and ends one that is named no longer', async () => {
    const fresh = await freshStore();
    const { coverage } = fresh.store;
    coverage.expect('trades', ['trades/0', 'trades/1'], at(0));
    coverage.connected('trades/0', at(0));
    coverage.connected('trades/1', at(0));
    coverage.connected('trades/2', at(10));
    await coverage.flush();
    for (const stream of ['trades/0', 'trades/1', 'trades/2']) coverage.covered(stream, at(50));
    coverage.expect('trades', ['trades/0', 'trades/2'], at(50));
    coverage.covered('trades/1', at(70));
    for (const stream of ['trades/0', 'trades/2']) coverage.covered(stream, at(100));
    expect(await gapsOf(fresh)).to.deep.equal([]);
    const [day] = await days(fresh, 0, 100);
    expect(day).to.include({ completeness: 1, expected_seconds: 100 + 50 + 90 });
  });

  it('says of a stream that is away that it is incomplete up to now, and of a living one only when it is late', async () => {
    const fresh = await freshStore();
    const { coverage } = fresh.store;
    coverage.connected('prices', at(0));
    coverage.covered('prices', at(300));
    await coverage.flush();
    expect((await days(fresh, 0, 600))[0]?.completeness).to.equal(1);
    expect((await days(fresh, 0, 1000))[0]).to.include({
      expected_seconds: 640,
      covered_seconds: 300,
    });
    coverage.disconnected('prices', at(301), 'HTTP 503');
    await coverage.flush();
    const { gaps, days: now } = await answerCoverage(fresh.database, {
      fromMs: at(0),
      toMs: at(600),
    });
    expect(now[0]?.completeness).to.equal(0.5);
    expect(gaps).to.deep.equal([
      {
        stream: 'prices',
        from: new Date(at(300)).toISOString(),
        to: new Date(at(600)).toISOString(),
        seconds: 300,
        reason: 'HTTP 503',
      },
    ]);
  });

  it('keeps the newest of what is quarantined, and no more than 10,000', async () => {
    const { store, rows } = await freshStore();
    for (let round = 0; round < 11; round += 1) {
      const many = Array.from({ length: 1000 }, (_, index) => ({
        ...{ collector: 'trades', atMs: at(0), reason: 'no trade', raw: `${round}/${index}` },
      }));
      store.quarantine(many);
      await store.coverage.flush();
    }
    expect(await rows('SELECT count(*), min(id) FROM quarantine')).to.deep.equal([
      { count: '10000', min: '1001' },
    ]);
    expect(await rows('SELECT quarantined FROM coverage_counts')).to.deep.equal([
      { quarantined: '11000' },
    ]);
  });
});

describe(`the coverage ledger without its database${missing === null ? '' : ` (skipped: ${missing})`}`, function () {
  if (missing !== null) return;
  const freshStore = freshStores();

  it('waits, writes all of it when the database is back, and nothing twice', async () => {
    const server = await TestPostgres.start();
    try {
      const fresh = await freshStore({ url: server.url() });
      const { store, database } = fresh;
      const ledger = new Ledger({ database, clock: new FakeClock(), log: silent });
      ledger.connected('trades/0', at(0));
      ledger.dropped('trades/0', 3, at(1));
      await ledger.flush();
      await server.stop('SIGKILL');
      ledger.covered('trades/0', at(500));
      ledger.dropped('trades/0', 4, at(2));
      for (let index = 0; index < 3000; index += 1) {
        ledger.quarantine([{ collector: 'trades', atMs: at(0), reason: 'bad', raw: `${index}` }]);
      }
      const refused = await ledger.flush(AbortSignal.timeout(100)).then(
        () => 'written',
        () => 'refused',
      );
      expect(refused).to.equal('refused');
      await server.restart();
      await ledger.flush();
      await ledger.flush();
      const rows = async (text: string) => (await database.query(text)).rows;
      expect(await rows('SELECT covered_until FROM coverage_intervals')).to.deep.equal([
        { covered_until: new Date(at(500)) },
      ]);
      expect(
        await rows('SELECT stream, dropped, quarantined FROM coverage_counts ORDER BY 1'),
      ).to.deep.equal([
        { stream: 'trades', dropped: '0', quarantined: '3000' },
        { stream: 'trades/0', dropped: '7', quarantined: '0' },
      ]);
      expect(await rows('SELECT max(raw::int), count(*) FROM quarantine')).to.deep.equal([
        { max: 2999, count: '1000' },
      ]);
      expect(store.tradeCounts.waiting).to.equal(0);
      await fresh.close(1000);
      await database.close();
    } finally {
      await server.dispose();
    }
  });
});
