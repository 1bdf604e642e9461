import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type LostTime, StallWatch, timeLost } from '../../../daemon/watchdog/stall.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('lost time', () => {
  const before = { monotonicMs: 1000, bootMs: 5000 };
  const rows: [string, { monotonicMs: number; bootMs: number }, number, LostTime | null][] = [
    ['nothing happened', { monotonicMs: 1250, bootMs: 5250 }, 1250, null],
    ['a timer was a little late', { monotonicMs: 1700, bootMs: 5700 }, 1250, null],
    [
      'a timer was late',
      { monotonicMs: 4250, bootMs: 8250 },
      1250,
      { stalledMs: 3000, suspendedMs: 0 },
    ],
    [
      'the host slept, so that no timer was late',
      { monotonicMs: 1250, bootMs: 65_250 },
      1250,
      { stalledMs: 0, suspendedMs: 60_000 },
    ],
    ['the clocks disagree a little', { monotonicMs: 1250, bootMs: 5000 }, 1250, null],
    ['it was a long wait', { monotonicMs: 90_000, bootMs: 94_000 }, 90_000, null],
  ];
  for (const [title, now, dueMs, lost] of rows) {
    it(`is ${lost === null ? 'not found' : 'found'} when ${title}`, () => {
      expect(timeLost(before, now, dueMs)).to.deep.equal(lost);
    });
  }
});

describe('the watch over lost time', () => {
  function open() {
    const system = new FakeClock();
    const lost: LostTime[] = [];
    let sleptMs = 0;
    const watch = new StallWatch({
      system,
      bootMs: () => system.monotonicMs() + sleptMs,
      onStall: (one) => lost.push(one),
    });
    const suspend = (ms: number): void => void (sleptMs += ms);
    return { system, watch, lost, suspend };
  }

  it('tells of a suspend once, by itself while somebody waits', async () => {
    const { system, watch, lost, suspend } = open();
    watch.watch();
    await system.advance(10_000);
    suspend(30_000);
    await system.advance(10_000);
    watch.rest();
    expect(lost).to.deep.equal([{ stalledMs: 0, suspendedMs: 30_000 }]);
  });

  it('tells of a suspend at the next look when nobody waited', async () => {
    const { system, watch, lost, suspend } = open();
    await system.advance(10_000);
    suspend(30_000);
    await system.advance(60_000);
    expect(lost).to.deep.equal([]);
    watch.look(system.monotonicMs());
    watch.look(system.monotonicMs());
    expect(lost).to.deep.equal([{ stalledMs: 0, suspendedMs: 30_000 }]);
  });

  it('tells once of timers that were late together', async () => {
    const { system, watch, lost } = open();
    await system.advance(10_000);
    const nowMs = system.monotonicMs();
    watch.look(nowMs - 2000);
    watch.look(nowMs - 1500);
    watch.look(nowMs - 900);
    expect(lost).to.deep.equal([{ stalledMs: 2000, suspendedMs: 0 }]);
  });

  it('is at rest when nobody waits', async () => {
    const { system, watch, lost, suspend } = open();
    watch.watch();
    watch.rest();
    suspend(30_000);
    await system.advance(60_000);
    expect(lost).to.deep.equal([]);
  });
});
