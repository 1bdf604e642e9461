// The database away at the start, gone for a while, and back: on a server of this file's own.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MonitorStore } from '../../../../modules/monitoring/store.ts';
import { TestPostgres, whyNoPostgres } from '../../../support/postgres.ts';
import { needsMount, smallDisks } from '../../../support/small-disk.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';
import { freshStores } from './fresh-stores.ts';
import { beginMs, happeningAt, sampleAt } from './given.ts';

const always = { afterMs: -Infinity, untilMs: Infinity, limit: 10_000 };
/** Nobody is there. */
const nowhere = { url: 'postgresql://superbot@/postgres?host=%2Ftmp%2Fsb-nowhere', reachMs: 50 };

describe('the store of a database that is away', function () {
  const missing = whyNoPostgres();
  if (missing !== null) {
    it(`(skipped: ${missing})`);
    return;
  }
  const fresh = freshStores('database');
  const freshDisk = smallDisks();
  const freshFiles = freshStores('files');
  const freshFolder = temporaryFolders();

  it('opens at once, keeps what happens on disk, and answers from what it has', async () => {
    const { store, folder } = await fresh(nowhere);
    const id = await store.addHappening(happeningAt(beginMs));
    await store.updateHappening(id, { notes: 'while it was away' });
    await store.writeState('io_baseline', { fast: 1 });
    store.addSample(sampleAt(beginMs, { stress: 50 }));
    const [happening] = await store.happenings({ limit: 5 });
    expect(happening).to.include({ id, notes: 'while it was away' });
    expect(await store.happening(id)).to.deep.equal(happening);
    expect(await store.samples(always)).to.have.length(1);
    const span = { fromMs: beginMs, untilMs: beginMs + 1, stepMs: 1, limit: 1 };
    expect((await store.history(span))[0]).to.include({ stress_total: 50, samples: 1 });
    expect(await store.readState('io_baseline')).to.deep.equal({ fast: 1 });
    expect(store.problem).to.include('does the server run?');
    expect(readFileSync(join(folder, 'happenings.jsonl'), 'utf8')).to.include('while it was away');
  });

  it('brings to it what it had to keep, also that of a process that was killed', async () => {
    const folder = freshFolder();
    const away = await fresh({ ...nowhere, folder });
    const first = await away.store.addHappening(happeningAt(beginMs, { durationMs: null }));
    await away.store.writeState('io_baseline', { fast: 2 });
    const { store, rows } = await fresh({ folder });
    const second = await store.addHappening(happeningAt(beginMs + 1));
    await store.updateHappening(first, { durationMs: 9000 });
    await until('the database has both', async () => (await store.happenings({ limit: 5 }))[1]);
    await settled(store);
    const events = await rows('SELECT id, duration_ms FROM events ORDER BY id');
    expect(events).to.deep.equal([
      { id: String(first), duration_ms: 9000 },
      { id: String(second), duration_ms: 15_000 },
    ]);
    expect(await rows('SELECT value FROM daemon_state')).to.deep.equal([{ value: { fast: 2 } }]);
  });

  it('loses no happening and doubles none while the server is killed again and again', async function () {
    const server = await TestPostgres.start();
    try {
      const { store, rows } = await fresh({
        url: server.url(),
        schema: 'killed',
        reachMs: 1000,
      });
      const ids: number[] = [];
      let count = 0;
      const happen = async () => {
        const index = (count += 1);
        ids.push(await store.addHappening(happeningAt(beginMs + index, { durationMs: null })));
        store.addSample(sampleAt(beginMs + index));
      };
      for (let round = 0; round < 2; round += 1) {
        await happen();
        // In the middle of whatever is written just then.
        void happen();
        await server.stop('SIGKILL');
        await happen();
        await store.updateHappening(ids.at(-1) ?? 0, { durationMs: 1000 + round });
        expect(await store.happenings({ limit: 1 }), 'while it is away').to.have.length(1);
        await server.restart();
      }
      await settled(store);
      const stored = await rows('SELECT id FROM events ORDER BY id');
      expect(stored.map(({ id }) => Number(id))).to.deep.equal(ids.sort((one, two) => one - two));
      expect(new Set(ids).size).to.equal(6);
      expect(await rows('SELECT * FROM events WHERE duration_ms IS NOT NULL')).to.have.length(2);
      expect(await rows('SELECT at FROM samples')).to.have.length(6);
      expect(store.counts).to.deep.equal({ stored: 6, dropped: 0 });
      // Where a reader is the first to notice, its word holds until the next round only.
      await server.stop('SIGKILL');
      expect(await store.happenings({ limit: 1 })).to.have.length(1);
      expect(store.problem).to.match(/ECONNREFUSED|terminated|closed/);
      await server.restart();
      await settled(store);
    } finally {
      await server.dispose();
    }
  });

  it('keeps the newest samples of a long outage, and counts the others', async () => {
    const { store } = await fresh(nowhere);
    for (let index = 0; index < 2003; index += 1) store.addSample(sampleAt(beginMs + index));
    expect(store.counts).to.deep.equal({ stored: 0, dropped: 3 });
    const samples = await store.samples(always);
    expect(samples.map(({ sample }) => sample.atMs - beginMs).slice(0, 2)).to.deep.equal([3, 4]);
  });

  it('gives other ids to what began to count anew before the database could be asked', async () => {
    const schema = 'counted_anew';
    const before = await fresh({ schema });
    const old = await before.store.addHappening(happeningAt(beginMs));
    await settled(before.store);
    // The folder is lost, and the database away at the first start after that.
    const folder = freshFolder();
    const away = await fresh({ ...nowhere, folder });
    expect(await away.store.addHappening(happeningAt(beginMs + 5))).to.equal(old);
    const { store, rows } = await fresh({ folder, schema });
    await settled(store);
    await store.updateHappening(old, { notes: 'by the id that it was given first' });
    await settled(store);
    const events = await rows('SELECT id, at, notes FROM events ORDER BY id');
    expect(events.map(({ id, notes }) => [id, notes])).to.deep.equal([
      ['1', ''],
      ['2', 'by the id that it was given first'],
    ]);
  });

  it('counts on from the database when the folder is lost', async () => {
    const schema = 'counted_on';
    const before = await fresh({ schema });
    for (let index = 0; index < 3; index += 1) {
      await before.store.addHappening(happeningAt(beginMs + index));
    }
    await before.store.writeState('io_baseline', { fast: 4 });
    await settled(before.store);
    const { store } = await fresh({ schema });
    await settled(store);
    expect(await store.addHappening(happeningAt(beginMs))).to.equal(4);
    expect(await store.readState('io_baseline')).to.deep.equal({ fast: 4 });
  });

  it('removes more than it removes at a time (row 40)', async () => {
    const { store, rows } = await fresh();
    await settled(store);
    await rows(`
      INSERT INTO samples (host, at, interval_ms, cores, stress_total, stress_load, stress_memory,
        stress_thermal, stress_latency, stress_io, stress_pressure, stress_steal)
      SELECT 'here', to_timestamp(second), 1, 1, 0, 0, 0, 0, 0, 0, 0, 0
      FROM generate_series(1, 10050) AS second`);
    const limits = { samplesBeforeMs: 10_050_000, happeningsBeforeMs: 0 };
    expect((await store.prune(limits, { dryRun: false })).samples).to.equal(10_049);
    expect(await store.samples(always)).to.have.length(1);
  });

  it('keeps the rows of hosts apart that share a database', async () => {
    const schema = 'shared';
    const stores = [];
    for (const host of ['one', 'two']) stores.push((await fresh({ schema, host })).store);
    for (const [index, store] of stores.entries()) {
      await store.addHappening(happeningAt(beginMs, { notes: `of ${index}` }));
      await store.writeState('io_baseline', index);
      store.addSample(sampleAt(beginMs, { stress: index }));
      await settled(store);
    }
    await stores[0]?.prune({ samplesBeforeMs: Infinity, happeningsBeforeMs: 0 }, { dryRun: true });
    for (const [index, store] of stores.entries()) {
      const notes = (await store.happenings({ limit: 5 })).map((one) => one.notes);
      expect(notes).to.deep.equal([`of ${index}`]);
      const stresses = (await store.samples(always)).map(({ stress }) => stress.total);
      expect(stresses).to.deep.equal([index]);
    }
    const limits = { samplesBeforeMs: beginMs + 1, happeningsBeforeMs: beginMs + 1 };
    expect(await stores[0]?.prune(limits, { dryRun: false })).to.include({ samples: 1 });
    expect(await stores[1]?.samples(always)).to.have.length(1);
    expect(await stores[1]?.happenings({ limit: 5 })).to.have.length(1);
  });

  it('finds its rows again when the host has another name, as a container made anew', async () => {
    const schema = 'renamed';
    const { store, folder } = await fresh({ schema, host: 'a1b2c3' });
    await store.addHappening(happeningAt(beginMs, { notes: 'before' }));
    await settled(store);
    const renamed = await fresh({ schema, folder, host: 'd4e5f6' });
    await renamed.store.addHappening(happeningAt(beginMs + 1));
    await settled(renamed.store);
    expect(await renamed.rows('SELECT DISTINCT host FROM events')).to.have.length(1);
  });

  it('does not let one sample that the database never takes keep the others from it', async () => {
    const { store, rows } = await fresh();
    await settled(store);
    await rows('ALTER TABLE samples ADD CHECK (stress_total <= 100)');
    await rows('ALTER TABLE events ADD CHECK (stress_total <= 100)');
    const tooMuch = happeningAt(beginMs + 1, { stress: sampleAt(0, { stress: 101 }).stress });
    const refused = await store.addHappening(tooMuch);
    await store.addHappening(happeningAt(beginMs + 2));
    for (const stress of [1, 101, 2]) store.addSample(sampleAt(beginMs + stress, { stress }));
    await settled(store);
    expect(store.counts).to.deep.equal({ stored: 2, dropped: 1 });
    expect(await rows('SELECT id FROM events')).to.have.length(1);
    expect(await store.happening(refused), 'still on disk').to.include({ id: refused });
    expect((await store.happenings({ limit: 5 })).at(-1)).to.include({ id: refused });
  });

  it('has a happening in the database alone when the disk here is full', async function () {
    needsMount(this);
    const folder = join(freshFolder(), 'disk');
    const disk = freshDisk(folder);
    const { store, rows } = await fresh({ folder });
    await settled(store);
    disk.fill();
    const ids = [];
    for (let index = 0; index < 8; index += 1) {
      ids.push(await store.addHappening(happeningAt(beginMs, { notes: 'n'.repeat(900) })));
    }
    await settled(store);
    const stored = await rows('SELECT id FROM events ORDER BY id');
    expect(stored.map(({ id }) => Number(id))).to.deep.equal(ids);
    disk.free();
    await store.updateHappening(ids.at(-1) ?? 0, { notes: 'later' });
    await settled(store);
    expect((await store.happenings({ limit: 1 }))[0]).to.include({ notes: 'later' });
  });

  it('moves into the database what was kept in files before there was one', async () => {
    const folder = freshFolder();
    const files = await freshFiles({ folder });
    const id = await files.store.addHappening(happeningAt(beginMs));
    await files.store.writeState('io_baseline', { fast: 3 });
    for (let index = 0; index < 300; index += 1) files.store.addSample(sampleAt(beginMs + index));
    await files.store.close();
    const { store, rows } = await fresh({ folder });
    await settled(store);
    expect(await rows('SELECT id FROM events')).to.deep.equal([{ id: String(id) }]);
    expect(await rows('SELECT value FROM daemon_state')).to.deep.equal([{ value: { fast: 3 } }]);
    expect(await store.samples(always)).to.have.length(300);
    expect(readdirSync(join(folder, 'samples'))).to.deep.equal([]);
  });
});

/** Resolves when the database has answered, and has everything that was handed in before. */
async function settled(store: MonitorStore): Promise<void> {
  const nothing = { samplesBeforeMs: 0, happeningsBeforeMs: 0 };
  const isSettled = async () => {
    await store.prune(nothing, { dryRun: true }).catch(() => null);
    return store.problem === null;
  };
  await until('the database has everything', isSettled).catch((cause: unknown) => {
    throw new Error(`the database does not get everything: ${store.problem}`, { cause });
  });
}
