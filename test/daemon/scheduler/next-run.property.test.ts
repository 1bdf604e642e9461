import { expect } from 'chai';
import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { nextRun, runsBetween } from '../../../daemon/scheduler/next-run.ts';
import { dueByTheMinute } from './by-the-minute.ts';
import { type RandomJob, randomJob } from './random-job.ts';
import { cronSpec } from './specs.ts';
import { type Change, changesOf, firstMs, lastMs, looks, zones } from './wall-clock.ts';

const seed = Number(process.env['SCHEDULE_SEED'] ?? 20_370_119);
/** How many times the usual number of jobs is tried. */
const rounds = Number(process.env['SCHEDULE_ROUNDS'] ?? 1);

const hourMs = 3_600_000;
const dayMs = 86_400_000;
const anyInstant = fc.integer({ min: firstMs, max: lastMs });
const cronersJob = randomJob.filter(({ knownToCroner }) => knownToCroner);
const anyZone = fc.constantFrom(...zones);

describe(`any cron line (row 84; SCHEDULE_SEED=${seed})`, function () {
  this.timeout(600_000 * rounds);

  for (const zone of zones)
    it(`is due once, in order and never lost whenever the clock of ${zone} is set, 1970 to 2037`, () => {
      const changes = changesOf(zone);
      expect(changes).not.to.deep.equal([]);
      for (const [at, change] of changes.entries()) {
        const jobs = fc.sample(randomJob, { seed: seed + at, numRuns: 3 * rounds });
        expectAsTheClockShows(jobs, change);
      }
    });

  it('is due as the clock shows it over any two days', () => {
    fc.assert(
      fc.property(randomJob, anyZone, anyInstant, (job, zone, fromMs) => {
        const toMs = fromMs + 2 * dayMs;
        const expected = dueByTheMinute(job, looks(zone, fromMs - 4 * hourMs, toMs));
        const found = runsBetween(cronSpec(job.line, zone), fromMs, toMs, Infinity);
        expect(found).to.deep.equal(expected.filter((atMs) => atMs > fromMs));
      }),
      { seed, numRuns: 50 * rounds },
    );
  });

  it('has the same next run from every instant since the one before', () => {
    fc.assert(
      fc.property(
        randomJob,
        anyZone,
        anyInstant,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (job, zone, fromMs, share) => {
          const spec = cronSpec(job.line, zone);
          const [one = 0, other = 0] = runsBetween(spec, fromMs, Infinity, 2);
          expect(one).to.be.above(fromMs);
          expect(other).to.be.above(one);
          for (const atMs of [one, other - 1, one + share * (other - 1 - one)])
            expect(nextRun(spec, atMs)).to.equal(other);
        },
      ),
      { seed, numRuns: 500 * rounds },
    );
  });

  it('is due when croner says so, where their rules are the same', () => {
    fc.assert(fc.property(cronersJob, anyZone, anyInstant, expectAsCronerSays), {
      seed,
      numRuns: 300 * rounds,
    });
  });

  it('is due when croner says so around changes of a clock', () => {
    fc.assert(
      fc.property(cronersJob, fc.constantFrom(...zones.flatMap(changesOf)), (job, { zone, atMs }) =>
        expectAsCronerSays(job, zone, atMs - 2 * hourMs),
      ),
      { seed, numRuns: 500 * rounds },
    );
  });
});

function expectAsTheClockShows(jobs: readonly RandomJob[], { zone, atMs, shiftMs }: Change): void {
  const aroundMs = 2 * hourMs + Math.abs(shiftMs);
  const seen = looks(zone, atMs - aroundMs, atMs + aroundMs);
  for (const job of jobs) {
    const due = dueByTheMinute(job, seen);
    const spec = cronSpec(job.line, zone);
    // Also asked in the midst of what comes twice.
    for (const fromMs of [atMs - aroundMs, atMs + Math.abs(shiftMs) / 2]) {
      const found = runsBetween(spec, fromMs, atMs + aroundMs, Infinity);
      const expected = due.filter((one) => one > fromMs);
      expect(found.map(written), `${job.line} in ${zone}`).to.deep.equal(expected.map(written));
    }
  }
}

function expectAsCronerSays({ line }: RandomJob, timezone: string, afterMs: number): void {
  const options = { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true } as const;
  const expected = new Cron(line, options).nextRuns(4, new Date(afterMs));
  const found = runsBetween(cronSpec(line, timezone), afterMs, Infinity, 4);
  expect(found.map(written), `${line} in ${timezone}`).to.deep.equal(
    expected.map((run) => run.toISOString()),
  );
}

function written(atMs: number): string {
  return new Date(atMs).toISOString();
}
