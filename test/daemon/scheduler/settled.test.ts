import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { CatchUp } from '../../../daemon/scheduler/missed-runs.ts';
import { runsBetween } from '../../../daemon/scheduler/next-run.ts';
import {
  afterSetBack,
  dueAfter,
  nextDue,
  passBy,
  type Settled,
  settledSince,
  takeDue,
} from '../../../daemon/scheduler/settled.ts';
import { cronSpec } from './specs.ts';

const seed = Number(process.env['SCHEDULE_SEED'] ?? 20_370_119);
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const hourly = cronSpec('0 * * * *', 'UTC');
const at = (time: string): number => Date.parse(`2026-11-19T${time}Z`);
const shown = (timeMs: number | null): string => new Date(timeMs ?? 0).toISOString().slice(11, 16);

/** All that is due from there on, as a daemon comes to it minute by minute. */
function follow(settled: Settled, fromMs: number, toMs: number, catchUp: CatchUp = 'once') {
  const runs: string[] = [];
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += minuteMs) {
    const due = takeDue(hourly, catchUp, settled, nowMs);
    for (const run of due.runs) expect(run).to.be.at.most(nowMs);
    runs.push(...due.runs.map(shown));
    settled = due.settled;
  }
  return runs;
}

describe('what of a job is settled', () => {
  const since = settledSince(at('06:30'));
  const jumped = takeDue(hourly, 'once', since, at('12:10')).settled;

  it('is all up to now, but for a gap where nothing was run', () => {
    expect(jumped.upToMs).to.be.within(at('12:00'), at('12:10'));
    expect(jumped.gaps).to.deep.equal([{ fromMs: at('06:30'), toMs: at('12:00') - 1 }]);
    expect(shown(nextDue(hourly, jumped))).to.equal('13:00');
  });

  it('is in a clock that was set back only what was run', () => {
    const back = afterSetBack(jumped, at('09:30'));
    expect(shown(nextDue(hourly, back))).to.equal('10:00');
    expect(follow(back, at('09:30'), at('14:00'))).to.deep.equal([
      '10:00',
      '11:00',
      '13:00',
      '14:00',
    ]);
    expect(shown(dueAfter(hourly, back, at('11:00')))).to.equal('13:00');
  });

  it('is nothing that a gap held when the clock goes on without having been set back', () => {
    expect(follow(jumped, at('12:10'), at('14:00'))).to.deep.equal(['13:00', '14:00']);
  });

  it('is nothing of before a job was known, when the clock was ahead as it became so', () => {
    const back = afterSetBack(since, at('03:10'));
    expect(follow(back, at('03:10'), at('08:00'))).to.deep.equal([
      '04:00',
      '05:00',
      '06:00',
      '07:00',
      '08:00',
    ]);
  });

  it('is what a pause has left out, until the clock is set back into it', () => {
    const passed = passBy(since, at('12:10'));
    expect(shown(nextDue(hourly, passed))).to.equal('13:00');
    expect(shown(nextDue(hourly, afterSetBack(passed, at('09:30'))))).to.equal('10:00');
  });

  it('is forgotten when the clock had been days ahead', () => {
    const back = afterSetBack(jumped, at('09:30') - 3650 * dayMs);
    expect(back).to.deep.equal(settledSince(at('09:30') - 3650 * dayMs));
  });

  it('is bounded, and in doubt more rather than less', () => {
    let settled = settledSince(at('00:00'));
    for (let hours = 2; hours <= 22; hours += 2)
      settled = takeDue(hourly, 'skip', settled, at('00:30') + hours * hourMs).settled;
    expect(settled.gaps).to.have.length(8);
    expect(settled.gaps.at(-1)?.toMs).to.be.within(at('22:00'), at('22:30'));
  });

  it(`is never run again, however the clock is set within a day (SCHEDULE_SEED=${seed})`, () => {
    fc.assert(
      fc.property(catchUps, steps, (catchUp, steps) => {
        const { runs } = set(catchUp, steps);
        expect(runs.map(shown)).to.deep.equal([...new Set(runs)].map(shown));
      }),
      { seed, numRuns: 300 },
    );
  });

  it(`is, when the clock was set once ahead and back, no more than what was run (SCHEDULE_SEED=${seed})`, () => {
    const ahead = fc.integer({ min: 2 * minuteMs, max: dayMs - hourMs });
    fc.assert(
      fc.property(catchUps, ahead, fc.nat(hourMs), (catchUp, aheadMs, restMs) => {
        const { runs, nowMs } = set(catchUp, [hourMs, aheadMs, restMs, -aheadMs, dayMs]);
        const wentOnFrom = at('00:00') + hourMs + restMs;
        const due = runsBetween(hourly, wentOnFrom, nowMs, Infinity);
        expect(due.filter((one) => !runs.includes(one)).map(shown)).to.deep.equal([]);
      }),
      { seed, numRuns: 60 },
    );
  });
});

const catchUps = fc.oneof(
  fc.constantFrom<CatchUp>('skip', 'once'),
  fc.record({ all: fc.integer({ min: 1, max: 50 }) }),
);
const steps = fc.array(fc.integer({ min: -dayMs / 4, max: dayMs / 4 }), { maxLength: 20 });

/** What is run when the clock makes these steps: those of more than an hour at once, others by the minute. */
function set(catchUp: CatchUp, steps: readonly number[]) {
  const runs: number[] = [];
  let nowMs = at('00:00');
  let settled = settledSince(nowMs);
  const look = (): void => {
    const due = takeDue(hourly, catchUp, settled, nowMs);
    settled = due.settled;
    for (const run of due.runs) expect(run).to.be.at.most(nowMs);
    runs.push(...due.runs);
  };
  for (const stepMs of steps) {
    const isTime = stepMs >= 0 && (stepMs <= hourMs || stepMs === dayMs);
    const endMs = nowMs + stepMs;
    for (; isTime && nowMs < endMs; nowMs = Math.min(nowMs + minuteMs, endMs)) look();
    nowMs = endMs;
    if (stepMs < 0) settled = afterSetBack(settled, nowMs);
    look();
  }
  return { runs, nowMs };
}
