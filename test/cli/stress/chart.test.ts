import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Paint } from '../../../cli/color.ts';
import { drawChart } from '../../../cli/stress/chart.ts';
import { chartOf, historySummary } from '../../../cli/stress/history-chart.ts';
import { at, atMs, pauseEvent, thresholds } from './samples.ts';

const seed = 20261122;
const dayMs = 86_400_000;
const plain: Paint = (_style, text) => text;
const span = { fromMs: atMs - dayMs, toMs: atMs, zone: 'UTC' };

/** A row for each of them that is a number, as the module makes them: whole steps, whole milliseconds. */
function historyOf(totals: readonly (number | null)[]) {
  const stepMs = Math.ceil(dayMs / totals.length);
  const rows = totals.flatMap((total, index) => {
    const rowAt = new Date(span.fromMs + index * stepMs).toISOString();
    return total === null ? [] : [{ at: rowAt, stress_total: total }];
  });
  return { span, points: totals.length, thresholds, rows, events: [] };
}

describe("the chart of a day's stress", () => {
  it('draws peaks, lines at the thresholds, what was not measured, and the pauses', () => {
    const totals = [0, 5, 15, 29, 30, 45, 60, 100, null, null, 12, 8, 3, 0, 0, 0, 33, 70, 20, 10];
    const yesterday = new Date(atMs - dayMs / 2 + 60_000).toISOString();
    const events = [pauseEvent({ at: yesterday }), pauseEvent({ kind: 'elevated', pause: null })];
    const chart = chartOf({ ...historyOf(totals), events }, totals.length);
    expect(drawChart(chart, 10, plain)).to.deep.equal([
      '100 ┤        █            ',
      '    ┤        █            ',
      '    ┤        █            ',
      ' 60 ┤ ┄┄┄┄┄┄┄█┄┄┄┄┄┄┄┄┄█┄┄',
      '    ┤       ██         █  ',
      '    ┤      ▄██         █  ',
      ' 30 ┤ ┄┄┄┄┄███┄┄┄┄┄┄┄┄▂█┄┄',
      '    ┤    ▇████        ██  ',
      '    ┤   ▄█████  ▂     ███ ',
      '    ┤ ▁▄██████··█▆▂▁▁▁████',
      '  0 └─┬─────────┬─────────',
      '      12:00     11-22',
      'paused          1',
    ]);
  });

  it('has each column in the colour of its peak', () => {
    const marks = { green: 'g', yellow: 'y', red: 'r', dim: 'd', bold: 'b' };
    const colors: Paint = (style, text) => text.replaceAll(/[▁-█]/g, marks[style]);
    const chart = chartOf(historyOf([29, 30, 59, 60, 100]), 5);
    expect(drawChart(chart, 10, colors)[8]).to.equal('    ┤ gyyrr');
  });

  it(`keeps every peak in its column, however short it was (seed ${seed})`, () => {
    const totals = fc.array(fc.option(fc.integer({ min: 0, max: 100 })), {
      minLength: 20,
      maxLength: 200,
    });
    fc.assert(
      fc.property(totals, (values) => {
        expect(chartOf(historyOf(values), values.length).peaks).to.deep.equal(values);
        // Two stretches make a column, and one makes two of them.
        const halves = chartOf(historyOf([...values, ...values]), values.length);
        const highest = Math.max(...values.map((value) => value ?? -1));
        expect(Math.max(...halves.peaks.map((peak) => peak ?? -1))).to.equal(highest);
        const doubled = chartOf(historyOf(values), values.length * 2).peaks;
        expect(doubled).to.deep.equal(values.flatMap((value) => [value, value]));
      }),
      { seed, numRuns: 50 },
    );
  });

  it('is summed up in a sentence', () => {
    const history = historyOf([1, 72, 3]);
    expect(historySummary(history)).to.equal('peak 72 about 2026-11-21 20:00; no pauses');
    const episode = pauseEvent({ kind: 'elevated', pause: null });
    const events = [pauseEvent(), episode, episode, pauseEvent({ kind: 'critical', pause: null })];
    expect(historySummary({ ...history, rows: [], events })).to.equal(
      '1 pause, at most 1m 14s; elevated 2 times; critical once',
    );
    const many = Array.from({ length: 200 }, () => pauseEvent({ at }));
    expect(historySummary({ ...history, rows: [], events: many })).to.equal(
      'of the newest 200 events; 200 pauses, at most 1m 14s',
    );
  });
});
