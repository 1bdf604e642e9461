// What every store promises, of each kind alike.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { answerHistory } from '../../../../modules/monitoring/store/history.ts';
import type { MonitorStore } from '../../../../modules/monitoring/store.ts';
import { whyNoPostgres } from '../../../support/postgres.ts';
import { freshStores } from './fresh-stores.ts';
import { anySamples, beginMs, happeningAt, sampleAt } from './given.ts';

const seed = 8_039_001;
const dayMs = 86_400_000;
const always = { afterMs: -Infinity, untilMs: Infinity, limit: 1000 };

for (const kind of ['files', 'database'] as const) {
  describe(`the store of kind ${kind}`, function () {
    const missing = kind === 'database' ? whyNoPostgres() : null;
    if (missing !== null) {
      it(`(skipped: ${missing})`);
      return;
    }
    const fresh = freshStores(kind);

    it(`gives samples back as they were, also what is unknown (seed ${seed})`, async () => {
      const { store } = await fresh();
      const samples = anySamples(30, seed);
      for (const sample of samples) store.addSample(sample);
      expect(await store.samples(always), 'while they wait').to.deep.equal(samples);
      await stored(store);
      expect(await store.samples(always), 'when they are stored').to.deep.equal(samples);
      expect(store.counts).to.deep.equal({ stored: 30, dropped: 0 });
    });

    it('leads from page to page by the time of the last sample', async () => {
      const { store } = await fresh();
      for (let index = 0; index < 10; index += 1) store.addSample(sampleAt(beginMs + index));
      await stored(store);
      for (let index = 10; index < 13; index += 1) store.addSample(sampleAt(beginMs + index));
      const times: number[] = [];
      for (let afterMs = beginMs; ; afterMs = times.at(-1) ?? Infinity) {
        const page = await store.samples({ afterMs, untilMs: beginMs + 11, limit: 4 });
        times.push(...page.map(({ sample }) => sample.atMs));
        if (page.length < 4) break;
      }
      const expected = Array.from({ length: 11 }, (_, index) => beginMs + 1 + index);
      expect(times).to.deep.equal(expected);
    });

    it('takes a moment once, and in order of time also when the clock is set back', async () => {
      const { store } = await fresh();
      for (const atMs of [3, 4, 1, 2, 4]) store.addSample(sampleAt(beginMs + atMs));
      await stored(store);
      for (const atMs of [4, 5]) store.addSample(sampleAt(beginMs + atMs));
      await stored(store);
      expect(store.counts.dropped).to.equal(0);
      const times = (await store.samples(always)).map(({ sample }) => sample.atMs - beginMs);
      expect(times).to.deep.equal([1, 2, 3, 4, 5]);
    });

    it('takes whatever a host calls its processes, and a clock that is out of its mind', async () => {
      const { store } = await fresh();
      const [sample] = anySamples(1, seed);
      if (sample === undefined) throw new Error('there is no sample');
      const process = { ...(happeningAt(0).culprits[0]?.process ?? expect.fail('no process')) };
      const names = ['nul\0', '\ud83d', '"\\\t\n', 'é'.repeat(5000), "'; DROP TABLE samples; --"];
      const processes = names.map((name) => ({ ...process, name }));
      store.addSample({ ...sample, processes });
      store.addSample(sampleAt(Number.NaN));
      store.addSample(sampleAt(1e300));
      await store.addHappening(happeningAt(1e300, { notes: 'nul\0\ud83d' }));
      await stored(store);
      const all = await store.samples(always);
      expect(all.map((one) => one.processes.length)).to.deep.equal([0, 5, 0]);
      const times = [0, sample.sample.atMs, Date.UTC(10_000, 0) - 1];
      expect(all.map((one) => one.sample.atMs)).to.deep.equal(times);
      expect(all[1]?.processes.map(({ name }) => name.slice(0, 30))).to.deep.equal([
        'nul',
        '\ufffd',
        '"\\\t\n',
        'é'.repeat(30),
        "'; DROP TABLE samples; --",
      ]);
      expect((await store.happenings({ limit: 1 }))[0]?.notes).to.equal('nul\ufffd');
    });

    it('gives a happening back with all that was known of it, and what it became', async () => {
      const { store } = await fresh();
      const pause = happeningAt(beginMs);
      const episode = happeningAt(beginMs + 1, { kind: 'critical', pause: null, durationMs: null });
      const id = await store.addHappening(pause);
      const second = await store.addHappening(episode);
      expect(second).to.be.greaterThan(id);
      await store.updateHappening(second, { durationMs: 40_000, folder: '2026-11-23_00-00-00' });
      const changed = { ...episode, durationMs: 40_000, folder: '2026-11-23_00-00-00', id: second };
      expect(await store.happening(id)).to.deep.equal({ ...pause, id });
      expect(await store.happenings({ limit: 5 })).to.deep.equal([changed, { ...pause, id }]);
      expect(await store.happening(second + 1)).to.equal(null);
    });

    it('says so when there is no such happening to bring up to date', async () => {
      const { store } = await fresh();
      const problem = await store
        .updateHappening(7, { notes: 'x' })
        .catch((error: unknown) => error);
      expect(String(problem)).to.include('cannot change the happening 7: there is none');
    });

    it('finds happenings by their kind and since when, the newest first', async () => {
      const { store } = await fresh();
      for (const [index, kind] of (['pause', 'elevated', 'critical', 'pause'] as const).entries()) {
        await store.addHappening(happeningAt(beginMs + index, { kind }));
      }
      const times = async (query: Parameters<MonitorStore['happenings']>[0]) =>
        (await store.happenings(query)).map(({ atMs }) => atMs - beginMs);
      expect(await times({ limit: 10 })).to.deep.equal([3, 2, 1, 0]);
      expect(await times({ limit: 2 })).to.deep.equal([3, 2]);
      expect(await times({ limit: 10, kinds: ['pause'] })).to.deep.equal([3, 0]);
      expect(await times({ limit: 10, kinds: ['pause'], sinceMs: beginMs + 1 })).to.deep.equal([3]);
      expect(await times({ limit: 10, kinds: [] })).to.deep.equal([]);
    });

    it('keeps samples, happenings and state over a kill -9 (row 39)', async () => {
      const { store, again } = await fresh();
      store.addSample(sampleAt(beginMs));
      await stored(store);
      const ids = [];
      for (let index = 0; index < 3; index += 1) {
        ids.push(await store.addHappening(happeningAt(beginMs + index)));
      }
      await store.updateHappening(ids[1] ?? 0, { notes: 'as it was last' });
      await store.writeState('io_baseline', { fast: 1.5, slow: 2.25, samples: 60 });
      const next = await again();
      expect(await next.samples(always)).to.deep.equal([sampleAt(beginMs)]);
      const left = await next.happenings({ limit: 9 });
      expect(left.map(({ id }) => id)).to.deep.equal([...ids].reverse());
      expect(left[1]?.notes).to.equal('as it was last');
      expect(await next.readState('io_baseline')).to.deep.equal({
        fast: 1.5,
        slow: 2.25,
        samples: 60,
      });
      expect(await next.readState('another')).to.equal(null);
      expect(await next.addHappening(happeningAt(beginMs))).to.be.greaterThan(Math.max(...ids));
    });

    it('writes what is buffered when it is closed, twice if need be', async () => {
      const { store, again } = await fresh();
      store.addSample(sampleAt(beginMs));
      await store.close();
      await store.close();
      expect(await (await again()).samples(always)).to.have.length(1);
    });

    it('removes what is older, and only that; a dry run counts the same (row 40)', async () => {
      const { store } = await fresh();
      for (let day = 0; day < 10; day += 1) {
        const [sample] = anySamples(1, seed);
        if (sample === undefined) continue;
        const atMs = beginMs + day * dayMs;
        store.addSample({ ...sample, sample: { ...sample.sample, atMs } });
        await store.addHappening(
          happeningAt(atMs, { folder: day % 2 === 0 ? `day-${day}` : null }),
        );
      }
      await stored(store);
      const limits = {
        samplesBeforeMs: beginMs + 3 * dayMs,
        happeningsBeforeMs: beginMs + 5 * dayMs,
      };
      const expected = { samples: 3, happenings: 5, folders: ['day-0', 'day-2', 'day-4'] };
      const counted = await store.prune(limits, { dryRun: true });
      expect({ ...counted, folders: [...counted.folders].sort() }).to.deep.equal(expected);
      expect(await store.samples(always), 'after the dry run').to.have.length(10);
      expect(await store.happenings({ limit: 100 }), 'after the dry run').to.have.length(10);
      const removed = await store.prune(limits, { dryRun: false });
      expect({ ...removed, folders: [...removed.folders].sort() }).to.deep.equal(expected);
      expect((await store.samples(always))[0]?.sample.atMs).to.equal(limits.samplesBeforeMs);
      const left = await store.happenings({ limit: 100 });
      expect(left.map(({ atMs }) => atMs).at(-1)).to.equal(limits.happeningsBeforeMs);
      const nothing = { samples: 0, happenings: 0, folders: [] };
      expect(await store.prune(limits, { dryRun: false })).to.deep.equal(nothing);
    });

    it('sums up stretches: the peak with its parts, means of what is known', async () => {
      const { store } = await fresh();
      const given = [
        { atMs: 0, stress: 10, load: 1 },
        { atMs: 5000, stress: 40, load: 3 },
        { atMs: 10_000, stress: 20, load: 5 },
        // Nothing from 15 s to 45 s.
        { atMs: 45_000, stress: 0, load: 7 },
      ];
      for (const { atMs, ...figures } of given) store.addSample(sampleAt(beginMs + atMs, figures));
      await stored(store);
      const span = { fromMs: beginMs, untilMs: beginMs + 60_000, stepMs: 15_000, limit: 10 };
      const rows = await store.history(span);
      const seen = rows.map(({ at, samples, stress_total, stress_load, load1, cpu_percent }) => [
        Date.parse(at) - beginMs,
        samples,
        stress_total,
        stress_load,
        load1,
        cpu_percent,
      ]);
      expect(seen).to.deep.equal([
        [0, 3, 40, 40, 3, null],
        [45_000, 1, 0, 0, 7, null],
      ]);
    });

    it('answers a history in pages that fit together', async () => {
      const { store } = await fresh();
      const count = 40;
      for (let index = 0; index < count; index += 1) {
        store.addSample(sampleAt(beginMs + index * 5000, { stress: index }));
      }
      await stored(store);
      const toMs = beginMs + count * 5000;
      const pages = async (points: number | null) => {
        const sizes: number[] = [];
        const stresses: number[] = [];
        for (let after: string | null = null; ;) {
          const question = { fromMs: beginMs, toMs, points, after, limit: 15 };
          const { rows, next } = await answerHistory(store, question);
          sizes.push(rows.length);
          stresses.push(...rows.map((row) => row.stress_total));
          if (next === null) return { sizes, stresses };
          after = next;
        }
      };
      const all = Array.from({ length: count }, (_, index) => index);
      expect(await pages(null)).to.deep.equal({ sizes: [15, 15, 10], stresses: all });
      const peaks = all.filter((index) => index % 2 === 1);
      expect(await pages(20)).to.deep.equal({ sizes: [15, 5], stresses: peaks });
      const rest = { fromMs: beginMs, toMs, points: 20, after: 'x', limit: 15 };
      const problem = await answerHistory(store, rest).catch((error: unknown) => error);
      expect(String(problem)).to.include('"after" is not the "next" of a page');
    });
  });
}

describe('stores of both kinds', () => {
  const missing = whyNoPostgres();
  if (missing !== null) {
    it(`(skipped: ${missing})`);
    return;
  }
  const [files, database] = [freshStores('files'), freshStores('database')];

  it(`give the same history of any samples (seed ${seed})`, async () => {
    const samples = anySamples(200, seed);
    const rows = [];
    for (const fresh of [files, database]) {
      const { store } = await fresh();
      for (const sample of samples) store.addSample(sample);
      await stored(store);
      const untilMs = beginMs + 1_000_000;
      rows.push(await store.history({ fromMs: beginMs, untilMs, stepMs: 33_333, limit: 20 }));
    }
    expect(rows[0]).to.have.length(20);
    for (const [index, row] of rounded(rows[0]).entries()) {
      expect(rounded(rows[1])[index], `row ${index}`).to.deep.equal(row);
    }
  });
});

/** Sums of large numbers differ in their last digits by the order of their terms. */
function rounded(rows: unknown): unknown[] {
  return JSON.parse(
    JSON.stringify(rows, (_key, value: unknown) =>
      typeof value === 'number' ? Number(value.toPrecision(9)) : value,
    ),
  ) as unknown[];
}

/** Resolves when nothing waits any more: a history is never without what was added before. */
async function stored(store: MonitorStore): Promise<void> {
  await store.prune({ samplesBeforeMs: 0, happeningsBeforeMs: 0 }, { dryRun: true });
  expect(store.problem).to.equal(null);
}
