import { expect } from 'chai';
import { describe, it } from 'mocha';
import { createLogger } from '../../../../modules/api/log.ts';
import { Sweeps } from '../../../../modules/collector/trades/sweeps.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const intervalMs = 600_000;
const lagMs = 300_000;
const minuteMs = 60_000;
const dayMs = 86_400_000;

describe('sweeps for trades that are missing without a sign', () => {
  function sweeping(
    savedAt: (startMs: number) => string | null,
    backfill: () => Promise<number> = () => Promise.resolve(0),
  ) {
    const clock = new FakeClock();
    const startMs = clock.now();
    let cursor = savedAt(startMs);
    const spans: (readonly [number, number])[] = [];
    const logged: string[] = [];
    const stop = new AbortController();
    const sweeps = new Sweeps({
      store: {
        cursor: () => Promise.resolve(cursor),
        saveCursor: ({ value }) => {
          cursor = value;
          return Promise.resolve();
        },
      },
      backfill: ({ fromMs, toMs }) => {
        spans.push([fromMs - startMs, toMs - startMs]);
        return backfill();
      },
      intervalMs,
      lagMs,
      clock,
      log: createLogger((line) => logged.push(line)),
    });
    const running = sweeps.run(stop.signal);
    const end = async () => {
      stop.abort();
      await running;
    };
    return { clock, startMs, spans, logged, sweeps, cursor: () => cursor, end };
  }

  it('leave no moment out and look at none twice, as late as the venue needs', async () => {
    const { clock, spans, end } = sweeping(() => null);
    await clock.advance(3 * intervalMs);
    expect(spans).to.deep.equal([
      [-300_000, 300_000],
      [300_000, 900_000],
      [900_000, 1_500_000],
    ]);
    await end();
  });

  it('go on where an earlier run ended, but not further back than a day', async () => {
    const recent = sweeping((startMs) => String(startMs - 7_000_000));
    await recent.clock.advance(minuteMs);
    expect(recent.spans).to.deep.equal([[-7_000_000, minuteMs - lagMs]]);
    expect(recent.cursor()).to.equal(String(recent.startMs + minuteMs - lagMs));
    await recent.end();
    const old = sweeping((startMs) => String(startMs - 9 * dayMs));
    await old.clock.advance(minuteMs);
    expect(old.spans).to.deep.equal([[minuteMs - lagMs - dayMs, minuteMs - lagMs]]);
    await old.end();
  });

  it('look through all time, however often runs are broken off before their first interval is over', async () => {
    const runMs = 2 * minuteMs;
    const spans: (readonly [number, number])[] = [];
    /** Since the start of the next run. */
    let sweptMs: number | null = null;
    for (let run = 0; run < 15; run += 1) {
      const saved: number | null = sweptMs;
      const one = sweeping((startMs) => (saved === null ? null : String(startMs + saved)));
      await one.clock.advance(runMs);
      await one.end();
      spans.push(...one.spans.map(([from, to]) => [from + run * runMs, to + run * runMs] as const));
      sweptMs = Number(one.cursor()) - one.startMs - runMs;
    }
    expect(spans[0]?.[0]).to.equal(-lagMs);
    expect(spans.length).to.be.at.least(2);
    for (const [index, [from]] of spans.slice(1).entries())
      expect(from).to.equal(spans[index]?.[1]);
  });

  it('begin an interval back where the last end is ahead of the clock', async () => {
    const { clock, spans, end } = sweeping((startMs) => String(startMs + dayMs));
    await clock.advance(minuteMs);
    expect(spans).to.deep.equal([[minuteMs - lagMs - intervalMs, minuteMs - lagMs]]);
    await end();
  });

  for (const saved of ['rubbish', '-5', '']) {
    it(`begin with their run where the last end is "${saved}"`, async () => {
      const { clock, spans, end } = sweeping(() => saved);
      await clock.advance(intervalMs);
      expect(spans).to.deep.equal([[-lagMs, intervalMs - lagMs]]);
      await end();
    });
  }

  it('begin at the start of a first run whose looks have failed for an hour', async () => {
    let isAway = true;
    const { clock, spans, cursor, startMs, end } = sweeping(
      () => null,
      () => (isAway ? Promise.reject(new Error('503')) : Promise.resolve(0)),
    );
    await clock.advance(3_600_000);
    isAway = false;
    await clock.advance(300_000);
    expect(spans.map(([from]) => from)).to.include(-lagMs);
    expect(new Set(spans.map(([from]) => from)).size, 'nothing left out').to.equal(1);
    expect(Number(cursor()) - startMs).to.be.at.least(3_600_000 - lagMs);
    await end();
  });

  it('look through again what has failed, at once said and counted when it succeeds', async () => {
    let failures = 3;
    const { clock, startMs, spans, logged, sweeps, cursor, end } = sweeping(
      () => null,
      () => (failures-- > 0 ? Promise.reject(new Error('503')) : Promise.resolve(4)),
    );
    await clock.advance(intervalMs);
    expect(cursor()).to.equal(String(startMs - lagMs));
    await clock.advance(intervalMs);
    expect(new Set(spans.slice(1, 4).map(([, to]) => to)).size, 'each until its own now').to.equal(
      3,
    );
    expect(sweeps.rowsTotal).to.equal(4);
    expect(logged.filter((line) => line.includes('cannot look for trades')).length).to.equal(1);
    expect(logged.join(''))
      .to.contain('trades were missing of which no gap told')
      .and.contain('"rows":4');
    await end();
  });
});
