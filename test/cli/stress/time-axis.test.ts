import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { drawTimeAxis } from '../../../cli/stress/time-axis.ts';
import { formatInZone } from '../../../cli/time.ts';

const seed = 20261122;
const hourMs = 3_600_000;
const dayMinutes = 1440;
const zones = ['UTC', 'Europe/Athens', 'Asia/Kathmandu', 'America/St_Johns', 'Pacific/Apia'];

describe('the time axis of a chart', () => {
  it("has its ticks on whole hours of the reader's zone, and the day in place of midnight", () => {
    const toMs = Date.parse('2026-11-22T14:20:00Z');
    const span = { fromMs: toMs - 24 * hourMs, toMs, zone: 'Asia/Kathmandu' };
    const { rule, labels } = drawTimeAxis(span, 72);
    expect(labels).to.match(/^ {11}11-22 {7}04:00 {7}08:00 {7}12:00 {7}16:00$/);
    expect(rule)
      .to.match(/^─{11}┬─{11}┬/)
      .and.have.length(72);
  });

  it(`says at each label the time of its column, also where clocks change (seed ${seed})`, () => {
    const begins = fc.date({
      min: new Date('2026-01-01T00:00Z'),
      max: new Date('2026-12-01T00:00Z'),
      noInvalidDate: true,
    });
    const hours = fc.double({ min: 0.2, max: 24 * 14, noNaN: true });
    const widths = fc.integer({ min: 20, max: 220 });
    fc.assert(
      fc.property(begins, hours, widths, fc.constantFrom(...zones), (begin, span, width, zone) => {
        const fromMs = begin.getTime();
        const { rule, labels } = drawTimeAxis(
          { fromMs, toMs: fromMs + span * hourMs, zone },
          width,
        );
        expect(rule).to.have.length(width);
        expect(labels.length).to.be.at.most(width);
        const columnMs = (span * hourMs) / width;
        for (const { 0: label, index } of labels.matchAll(/\S+/g)) {
          expect(rule[index], 'a tick').to.equal('┬');
          const first = wallClock(fromMs + index * columnMs, zone);
          const last = wallClock(fromMs + (index + 1) * columnMs, zone);
          if (label.includes('-')) expect([first.day, last.day]).to.include(label);
          else {
            const since = minutesBetween(first.clock, label);
            expect(since, label).to.be.at.most(minutesBetween(first.clock, last.clock));
          }
        }
      }),
      { seed, numRuns: 40 },
    );
  });
});

function wallClock(atMs: number, zone: string): { day: string; clock: string } {
  const [day = '', clock = ''] = formatInZone(new Date(atMs).toISOString(), zone).split(' ');
  return { day: day.slice(5), clock };
}

/** On from one `HH:MM` to the next time that it is the other. */
function minutesBetween(from: string, to: string): number {
  return (minutesOf(to) - minutesOf(from) + dayMinutes) % dayMinutes;
}

function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
}
