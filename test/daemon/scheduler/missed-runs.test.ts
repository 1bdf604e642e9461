import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type CatchUp, missedCountMax, missedRuns } from '../../../daemon/scheduler/missed-runs.ts';
import { nextRun, runsBetween } from '../../../daemon/scheduler/next-run.ts';
import { randomJob } from './random-job.ts';
import { cronSpec } from './specs.ts';

const seed = Number(process.env['SCHEDULE_SEED'] ?? 20_370_119);
const minuteMs = 60_000;
const dayMs = 86_400_000;

const hourly = cronSpec('0 * * * *', 'UTC');
const longAgo = Date.parse('2026-01-01T00:00Z');
const at = (time: string): number => Date.parse(`2026-11-19T${time}Z`);

describe('what of a job is to be run now', () => {
  const table: [string, CatchUp, string, string, string[], number][] = [
    // what                           rule         last run  now           runs           missed
    ['nothing before it is due', 'once', '10:00', '10:59:59.999', [], 0],
    ['a run at its moment', 'once', '10:00', '11:00', ['11:00'], 0],
    ['a run that is a little late', 'once', '10:00', '11:00:00.004', ['11:00'], 0],
    ['a run that is a minute late', 'skip', '10:00', '11:01', ['11:00'], 0],
    ['nothing twice', 'once', '11:00', '11:00:00.004', [], 0],
    ['with skip, nothing that is later', 'skip', '10:00', '11:01:00.001', [], 1],
    ['with skip, only what is on time', 'skip', '08:00', '11:00', ['11:00'], 2],
    ['with once, the last of many', 'once', '08:00', '11:30', ['11:00'], 2],
    ['with once, none beside one on time', 'once', '08:00', '11:00', ['11:00'], 2],
    ['with all, each in its order', { all: 9 }, '08:00', '11:30', ['09:00', '10:00', '11:00'], 0],
    ['with all, the latest that it allows', { all: 2 }, '08:00', '11:30', ['10:00', '11:00'], 1],
    ['with all, beside one on time', { all: 1 }, '08:00', '11:00', ['10:00', '11:00'], 1],
  ];
  for (const [what, catchUp, last, now, runs, missedCount] of table)
    it(`is ${what}`, () => {
      const found = missedRuns(hourly, catchUp, at(last), longAgo, at(now));
      expect(found.runs).to.deep.equal(runs.map(at));
      expect(found.missedCount).to.equal(missedCount);
      expect(nextRun(hourly, found.settledMs)).to.equal(nextRun(hourly, at(now)));
      const again = missedRuns(hourly, catchUp, found.settledMs, longAgo, at(now));
      expect(again).to.deep.equal({ runs: [], missedCount: 0, settledMs: found.settledMs });
    });

  it('is nothing from before the job was known', () => {
    const found = missedRuns(hourly, { all: 9 }, null, at('10:30'), at('12:30'));
    expect(found.runs).to.deep.equal([at('11:00'), at('12:00')]);
    const changed = missedRuns(hourly, { all: 9 }, at('08:00'), at('11:30'), at('12:30'));
    expect(changed.runs).to.deep.equal([at('12:00')]);
  });

  it('is bounded after years', () => {
    const everyMinute = cronSpec('* * * * *', 'UTC');
    const found = missedRuns(everyMinute, { all: 1000 }, 0, 0, at('12:00'));
    expect(found.runs).to.have.lengthOf(1000 + 2);
    expect(found.runs.at(-1)).to.equal(at('12:00'));
    expect(found.missedCount).to.equal(missedCountMax);
  });

  it(`is each due instant once, run or counted, however time goes on (SCHEDULE_SEED=${seed})`, () => {
    const steps = fc.array(fc.oneof(fc.nat(2 * minuteMs), fc.nat(dayMs / 4)), { minLength: 1 });
    fc.assert(
      fc.property(randomJob, catchUps, steps, (job, catchUp, steps) => {
        const spec = cronSpec(job.line, 'Europe/London');
        const startMs = Date.parse('2026-10-24T20:00Z');
        const { runs, missedCount, nowMs } = follow(spec, catchUp, startMs, steps);
        const due = runsBetween(spec, startMs, nowMs, Infinity);
        expect(runs.length + missedCount).to.equal(due.length);
        expect(runs.every((run) => due.includes(run))).to.equal(true);
        expect(runs).to.deep.equal([...new Set(runs)].sort((a, b) => a - b));
      }),
      { seed, numRuns: 100 },
    );
  });
});

const catchUps = fc.oneof(
  fc.constantFrom<CatchUp>('skip', 'once'),
  fc.record({ all: fc.integer({ min: 1, max: 50 }) }),
);

/** What a daemon runs and counts that asks after each of these steps of its clock. */
function follow(spec: typeof hourly, catchUp: CatchUp, startMs: number, steps: readonly number[]) {
  const runs: number[] = [];
  let missedCount = 0;
  let nowMs = startMs;
  let settledMs: number | null = null;
  for (const stepMs of steps) {
    nowMs = Math.max(nowMs + stepMs, startMs - dayMs / 2);
    const found = missedRuns(spec, catchUp, settledMs, startMs, nowMs);
    runs.push(...found.runs);
    missedCount += found.missedCount;
    settledMs = found.settledMs;
  }
  return { runs, missedCount, nowMs };
}
