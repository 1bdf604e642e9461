import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Pressure } from '../../../../modules/monitoring/sample.ts';
import { partCaps, scoreStress } from '../../../../modules/monitoring/stress/score.ts';
import { calm, type StressPart, stressParts } from '../../../../modules/monitoring/stress.ts';
import { type Facts, sampleOf } from '../samples.ts';

const seed = 20261122;
const onTime = { latencyRatio: 1, ioSpike: null };
const spike = { bytesPerSecond: 120e6, usualBytesPerSecond: 9e6 };

function pressed(figures: Partial<Pressure>): Pressure {
  return { some10: 0, full10: null, somePercent: null, fullPercent: null, ...figures };
}

function loaded(load1: number, onlineCores: number): Facts {
  return { cpu: { load1, onlineCores } };
}

describe('stress', () => {
  const formula: [what: string, facts: Facts, context: object, part: StressPart, points: number][] =
    [
      ['a load of 16 on 8 cores', loaded(16, 8), {}, 'load', 20],
      ['a load as high as the cores', loaded(8, 8), {}, 'load', 0],
      ['a load of nothing', loaded(0, 8), {}, 'load', 0],
      ['a load just short of a point', loaded(8.39, 8), {}, 'load', 0],
      ['a load of three times the cores', loaded(6, 2), {}, 'load', 40],
      ['a load of a hundred times the cores', loaded(200, 2), {}, 'load', 40],
      ['memory, 10 % available', { memory: { availablePercent: 10 } }, {}, 'memory', 15],
      ['memory, 20 % available', { memory: { availablePercent: 20 } }, {}, 'memory', 0],
      ['memory, 19 % available', { memory: { availablePercent: 19 } }, {}, 'memory', 1],
      ['memory, 80 % available', { memory: { availablePercent: 80 } }, {}, 'memory', 0],
      ['memory, none available', { memory: { availablePercent: 0 } }, {}, 'memory', 30],
      ['a processor that is slowed', { thermal: { isThrottled: true } }, {}, 'thermal', 20],
      ['a processor that is not', { thermal: { isThrottled: false } }, {}, 'thermal', 0],
      ['a sample twice as late', {}, { latencyRatio: 2 }, 'latency', 20],
      ['a sample 1.4 times as late', {}, { latencyRatio: 1.4 }, 'latency', 0],
      ['a sample 1.5 times as late', {}, { latencyRatio: 1.5 }, 'latency', 0],
      ['a sample 1.6 times as late', {}, { latencyRatio: 1.6 }, 'latency', 12],
      ['a sample ten times as late', {}, { latencyRatio: 10 }, 'latency', 30],
      ['a spike of the disks', {}, { ioSpike: spike }, 'io', 20],
    ];
  for (const [what, facts, context, part, points] of formula) {
    it(`gives ${points} of ${partCaps[part]} for ${what} (row 28)`, () => {
      const stress = scoreStress(sampleOf(facts), { ...onTime, ...context });
      expect(stress.total).to.equal(points);
      expect(stress.parts).to.deep.equal({ ...calm.parts, [part]: points });
      expect(stress.reasons).to.have.length(points > 0 ? 1 : 0);
    });
  }

  const beyond: [what: string, facts: Facts, part: StressPart, points: number, reason: string][] = [
    [
      'memory that nobody gets on without',
      { pressure: { memory: pressed({ fullPercent: 25.5, full10: 1 }) } },
      'pressure',
      20,
      'all tasks waited for memory 26 % of the time: 20 of 30',
    ],
    [
      'the average of ten seconds before there is a second sample',
      { pressure: { memory: pressed({ full10: 80 }) } },
      'pressure',
      30,
      'all tasks waited for memory 80 % of the time: 30 of 30',
    ],
    [
      'disks that nobody gets on without',
      { pressure: { io: pressed({ fullPercent: 60 }) } },
      'pressure',
      20,
      'all tasks waited for disks 60 % of the time: 20 of 30',
    ],
    [
      'cores that some task always waits for',
      { pressure: { cpu: pressed({ somePercent: 100 }) } },
      'pressure',
      10,
      'some task waited for a core 100 % of the time: 10 of 30',
    ],
    [
      'steal',
      { cpu: { stealPercent: 25 } },
      'steal',
      20,
      'the hypervisor gave our cores to others 25 % of the time: 20 of 30',
    ],
    [
      'a quota that is used up',
      { container: { throttledPercent: 45 } },
      'steal',
      20,
      "the container's quota of processor time was used up 45 % of the time: 20 of 30",
    ],
  ];
  for (const [what, facts, part, points, reason] of beyond) {
    it(`sees ${what}, which the formula does not`, () => {
      const stress = scoreStress(sampleOf(facts), onTime);
      expect(stress).to.deep.equal({
        total: points,
        parts: { ...calm.parts, [part]: points },
        reasons: [reason],
      });
    });
  }

  it('takes no notice of a usual pressure and a little steal', () => {
    const usual = { cpu: pressed({ somePercent: 50 }), io: pressed({ fullPercent: 20 }) };
    const sample = sampleOf({ pressure: usual, cpu: { stealPercent: 5 } });
    expect(scoreStress(sample, onTime)).to.deep.equal(calm);
  });

  it('takes the worst pressure, not the sum of what may be one and the same', () => {
    const both = { memory: pressed({ fullPercent: 20 }), io: pressed({ fullPercent: 60 }) };
    const { parts, reasons } = scoreStress(sampleOf({ pressure: both }), onTime);
    expect(parts.pressure).to.equal(20);
    expect(reasons).to.have.length(1);
  });

  it('counts nothing for what the host does not tell', () => {
    expect(scoreStress(sampleOf({}), onTime)).to.deep.equal(calm);
  });

  it('gives the reason for each part, the heaviest first', () => {
    const facts = { ...loaded(16, 8), memory: { availablePercent: 2 } };
    const late = { latencyRatio: 1.6, ioSpike: spike };
    expect(scoreStress(sampleOf(facts), late).reasons).to.deep.equal([
      'only 2.0 % of the memory is available: 27 of 30',
      'load 16.0 on 8 cores: 20 of 40',
      'disks at 120.0 MB/s, usual are 9.0: 20 of 20',
      'the sample took 1.6 times as long as it should: 12 of 30',
    ]);
  });

  it('is 100 when everything is wrong', () => {
    const worst = { memory: pressed({ fullPercent: 100 }) };
    const facts = {
      cpu: { load1: 99, onlineCores: 1, stealPercent: 99 },
      memory: { availablePercent: 0 },
      thermal: { isThrottled: true },
      pressure: worst,
    };
    const { total, parts } = scoreStress(sampleOf(facts), { latencyRatio: 9, ioSpike: spike });
    expect(total).to.equal(100);
    expect(parts).to.deep.equal(partCaps);
  });

  it(`stays within 100 and its caps, in whole points, whatever the figures (row 28, seed ${seed})`, () => {
    const figure = fc.oneof(fc.double(), fc.double({ min: 0, max: 200 }), fc.constant(null));
    const figures = fc.record({ load1: figure, cores: fc.nat(), free: figure, steal: figure });
    const pressures = fc.record({ cpu: fc.double(), memory: figure, ratio: fc.double() });
    fc.assert(
      fc.property(figures, pressures, ({ load1, cores, free, steal }, { cpu, memory, ratio }) => {
        const sample = sampleOf({
          cpu: { load1, onlineCores: cores, stealPercent: steal },
          memory: { availablePercent: free },
          pressure: {
            cpu: pressed({ somePercent: cpu }),
            memory: pressed({ fullPercent: memory }),
          },
        });
        const stress = scoreStress(sample, { latencyRatio: ratio, ioSpike: null });
        expect(stress.total).to.be.within(0, 100);
        for (const part of stressParts) {
          expect(stress.parts[part]).to.be.within(0, partCaps[part]);
          expect(Number.isInteger(stress.parts[part])).to.equal(true);
        }
        const above0 = stressParts.filter((part) => stress.parts[part] > 0);
        expect(stress.reasons).to.have.length(above0.length);
      }),
      { seed, numRuns: 300 },
    );
  });
});
