import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LagReports, tellEveryMs } from '../../../daemon/watchdog/lag-reports.ts';
import { LoopLagWatch, windowMs } from '../../../daemon/watchdog/loop-lag.ts';
import { boundsOf, isHeldUp, lagMsMax, type LoopLag, LoopLagMeter } from '../../../rpc/loop-lag.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** Well above the limit, so that a machine that is slow now cannot hide it. */
const blockMs = 4 * lagMsMax;

/** Holds the thread, as a synchronous call does; what is due meanwhile comes late. */
function block(forMs: number): void {
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs);
}

/** Blocks as often, with turns of the loop between in which timers come. */
async function blockAgainAndAgain(times = 2): Promise<void> {
  for (let time = 0; time < times; time++) {
    block(blockMs);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await nextTurn();
  }
}

describe('the lag of an event loop', () => {
  let meter: LoopLagMeter;
  beforeEach(() => (meter = new LoopLagMeter()));
  afterEach(() => meter.stop());

  it('is measured from the window on that follows the first in which the loop was active', async () => {
    await blockAgainAndAgain(1);
    const first = meter.take();
    expect(first).to.include({ maxMs: null, p99Ms: null });
    expect(first.utilization).to.be.greaterThan(0.5);
    await blockAgainAndAgain();
    const { maxMs, p99Ms } = meter.take();
    expect(maxMs).to.be.at.least(blockMs - lagMsMax);
    expect(p99Ms).to.be.at.least(blockMs - lagMsMax);
  });

  it('is known without measuring while the loop is idle: nothing waited longer than it was active', async () => {
    let lag: LoopLag;
    // Where the machine has put the test aside meanwhile, the loop was not idle.
    do {
      await nextTurn();
      meter.take();
      block(lagMsMax / 10);
      lag = meter.take();
    } while (lag.maxMs === null);
    expect(lag.maxMs).to.be.within(lagMsMax / 10, lagMsMax);
    expect(lag.p99Ms).to.equal(lag.maxMs);
  });
});

describe('what is known of the lag without a sample', () => {
  const unknown = { maxMs: null, p99Ms: null };
  const windows: [what: string, activeMs: number, overMs: number, bounds: object][] = [
    ['a loop that was idle', 3, 5000, { maxMs: 3, p99Ms: 3 }],
    ['a block that kept few waiting', 99, 5000, { maxMs: 99, p99Ms: lagMsMax }],
    ['one that may have kept more of them waiting', 100, 5000, unknown],
    ['a short window', 51, 100, unknown],
    ['a long one, of which a block of a second may be a part', 1000, 300_000, unknown],
  ];
  for (const [what, activeMs, overMs, bounds] of windows) {
    it(`is the truth of ${what}, and never worth telling`, () => {
      expect(boundsOf(activeMs, overMs)).to.deep.equal(bounds);
      expect(isHeldUp(boundsOf(activeMs, overMs))).to.equal(false);
    });
  }

  it('is never less than one in a hundred would have waited, wherever they came', () => {
    for (let activeMs = 1; activeMs < 1000; activeMs++) {
      const { p99Ms } = boundsOf(activeMs, 5000);
      if (p99Ms === null) continue;
      // Of arrivals at every millisecond, those who wait longer came in the first part of the block.
      expect(Math.max(0, activeMs - p99Ms) / 5000).to.be.at.most(0.01);
    }
  });
});

describe('what is told of it (rows 89 and 92, issue 3)', () => {
  const cases: [what: string, maxMs: number | null, p99Ms: number | null, told: boolean][] = [
    ['nothing at all', null, null, false],
    ['a loop in time', 12, 3, false],
    ['a hiccup', 400, 20, false],
    ['just the limit', 400, lagMsMax, false],
    ['one call in a hundred that comes late', 400, lagMsMax + 1, true],
    ['one long block', 1000, 1, true],
  ];
  for (const [what, maxMs, p99Ms, told] of cases) {
    it(`${what} is ${told ? '' : 'not '}worth telling`, () => {
      expect(isHeldUp({ maxMs, p99Ms })).to.equal(told);
    });
  }
});

/** A clock, and what was told. */
class Ears {
  readonly system = new FakeClock();
  readonly published: { topic: string; data: Record<string, unknown> }[] = [];
  readonly warned: string[] = [];
  readonly publish = (topic: string, data: Record<string, unknown>): void =>
    void this.published.push({ topic, data });
  readonly log = { warn: (_fields: object, text: string) => void this.warned.push(text) } as never;
}

describe('the watch over the daemon’s event loop (row 89)', () => {
  const ears = new Ears();
  const watch = new LoopLagWatch(ears);
  afterEach(() => watch.stop());

  it('sees a loop that is blocked, tells it once by log and event, and has the figures', async () => {
    watch.start();
    expect(watch.last).to.equal(null);
    block(blockMs);
    await ears.system.advance(windowMs);
    for (let window = 0; window < 2; window++) {
      await blockAgainAndAgain();
      await ears.system.advance(windowMs);
    }
    expect(watch.last?.maxMs).to.be.at.least(blockMs - lagMsMax);
    expect(ears.warned).to.have.length(1);
    expect(ears.warned[0]).to.match(/the daemon's event loop is held up, for \d+ ms at once/);
    expect(ears.published).to.have.length(1);
    const [{ topic, data } = { topic: '', data: {} }] = ears.published;
    expect(topic).to.equal('system.loop_lag');
    expect(data['max_ms']).to.be.at.least(blockMs - lagMsMax);
    expect(data).to.include({ module: null, limit_ms: lagMsMax });
  });
});

describe('what modules say of their event loops (row 92, issue 3)', () => {
  const heldUp = { loop_lag_ms: 812.4, loop_lag_p99_ms: 600, queue: 3 };

  it('is told of each by name, again only after a while', async () => {
    const ears = new Ears();
    const reports = new LagReports(ears);
    reports.takeAnswer('trading', { healthy: true, details: heldUp });
    reports.takeAnswer('trading', { healthy: true, details: heldUp });
    reports.takeAnswer('web', { healthy: true, details: heldUp });
    const told = ears.published.map(({ data }) => data['module']);
    expect(told).to.deep.equal(['trading', 'web']);
    const figures = { module: 'trading', max_ms: 812, p99_ms: 600, limit_ms: lagMsMax };
    expect(ears.published[0]?.data).to.deep.equal(figures);
    expect(ears.warned[0]).to.include('the event loop of trading is held up, for 812 ms');
    await ears.system.advance(tellEveryMs);
    reports.takeAnswer('trading', { healthy: true, details: heldUp });
    expect(ears.published).to.have.length(3);
  });

  it('is passed over when it is in time, or is no such figure at all', () => {
    const ears = new Ears();
    const reports = new LagReports(ears);
    const odd = [{ loop_lag_ms: '9999', loop_lag_p99_ms: 9999 }, { loop_lag_ms: 9999 }, null, 7];
    const inTime = { loop_lag_ms: 49, loop_lag_p99_ms: 3 };
    for (const details of [...odd, inTime]) reports.takeAnswer('trading', { details });
    for (const answer of [null, undefined, 'well', {}]) reports.takeAnswer('trading', answer);
    expect(ears.published).to.deep.equal([]);
  });
});
