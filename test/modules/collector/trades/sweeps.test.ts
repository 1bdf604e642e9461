import { expect } from 'chai';
import { describe, it } from 'mocha';
import { createLogger } from '../../../../modules/api/log.ts';
import { Sweeps } from '../../../../modules/collector/trades/sweeps.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const intervalMs = 600_000;
const lagMs = 300_000;
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
    await recent.clock.advance(intervalMs);
    expect(recent.spans).to.deep.equal([[-7_000_000, 300_000]]);
    expect(recent.cursor()).to.equal(String(recent.startMs + 300_000));
    await recent.end();
    const old = sweeping((startMs) => String(startMs - 9 * dayMs));
    await old.clock.advance(intervalMs);
    expect(old.spans).to.deep.equal([[300_000 - dayMs, 300_000]]);
    await old.end();
  });

  const unusable: readonly (readonly [string, (startMs: number) => string])[] = [
    ['is ahead of the clock', (startMs) => String(startMs + dayMs)],
    ['is no number', () => 'rubbish'],
    ['is negative', () => '-5'],
    ['is empty', () => ''],
  ];
  for (const [how, savedAt] of unusable) {
    it(`begin an interval back where the last end ${how}`, async () => {
      const { clock, spans, end } = sweeping(savedAt);
      await clock.advance(intervalMs);
      expect(spans).to.deep.equal([[-300_000, 300_000]]);
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
    const { clock, spans, logged, sweeps, cursor, end } = sweeping(
      () => null,
      () => (failures-- > 0 ? Promise.reject(new Error('503')) : Promise.resolve(4)),
    );
    await clock.advance(intervalMs);
    expect(cursor()).to.equal(null);
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
