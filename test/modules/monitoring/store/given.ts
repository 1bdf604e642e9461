// Samples and happenings as the monitor hands them in.
import fc from 'fast-check';
import type { Happening } from '../../../../modules/monitoring/happening.ts';
import type { ProcessShare } from '../../../../modules/monitoring/sample.ts';
import { sampleOf } from '../../../../modules/monitoring/store/sample-columns.ts';
import type { NewHappening, StoredSample } from '../../../../modules/monitoring/store.ts';
import { calm, type Stress, stressParts } from '../../../../modules/monitoring/stress.ts';

/** A Monday in November; tests count from here. */
export const beginMs = Date.UTC(2026, 10, 23);

/** A calm host, of which only the load is known. */
export function sampleAt(atMs: number, { stress = 0, load = 1 } = {}): StoredSample {
  const known: Partial<Record<string, number>> = { intervalMs: 5000, 'cpu.cores': 2 };
  const sample = sampleOf(atMs, (path) => (path === 'cpu.load1' ? load : (known[path] ?? null)));
  const parts = { ...calm.parts, load: stress };
  return { sample, stress: { total: stress, parts, reasons: [] }, processes: [] };
}

export function happeningAt(atMs: number, changes: Partial<Happening> = {}): NewHappening {
  return {
    kind: 'pause',
    atMs,
    durationMs: 15_000,
    pause: {
      cause: 'process',
      actualMs: 15_000,
      expectedMs: 5000,
      excessMs: 10_000,
      latencyRatio: 3,
    },
    stress: { total: 35, parts: { ...calm.parts, load: 35 }, reasons: ['load 6.0 on 2 cores'] },
    culprits: [{ process: someProcess, why: 'cpu', share: '97 % of a core' }],
    folder: null,
    notes: '',
    ...changes,
  };
}

const someProcess: ProcessShare = {
  pid: 4711,
  startTicks: 123_456,
  name: 'stress-ng',
  state: 'R',
  module: null,
  cpuPercent: 97.5,
  waitPercent: 12,
  memoryBytes: 1_048_576,
  memoryPercent: 0.1,
  readBytesPerSecond: null,
  writtenBytesPerSecond: 0,
  majorFaultsPerSecond: 0,
  isSuspect: false,
};

const thousandths = (max: number) => fc.integer({ min: 0, max }).map((value) => value / 1000);
const figure = fc.oneof(fc.constant(null), thousandths(1e12), fc.constant(0));

const stress: fc.Arbitrary<Stress> = fc
  .tuple(fc.integer({ min: 1, max: 100 }), fc.array(fc.integer({ min: 0, max: 40 }), sevenOf()))
  .chain(([total, values]) =>
    fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }).map((reasons) => {
      const parts = Object.fromEntries(
        stressParts.map((part, index) => [part, values[index] ?? 0]),
      );
      return { total, parts: parts as Stress['parts'], reasons: reasons.map(printable) };
    }),
  );

function sevenOf() {
  return { minLength: stressParts.length, maxLength: stressParts.length };
}

const processShare: fc.Arbitrary<ProcessShare> = fc.record(
  {
    pid: fc.integer({ min: 1, max: 4_194_304 }),
    startTicks: fc.integer({ min: 0, max: 2 ** 48 }),
    name: fc.string({ unit: 'grapheme', maxLength: 15 }).map(printable),
    state: fc.constantFrom('R', 'S', 'D', 'Z'),
    module: fc.option(fc.constantFrom('superbot', 'market')),
    cpuPercent: figure,
    waitPercent: figure,
    memoryBytes: fc.nat(),
    memoryPercent: figure,
    readBytesPerSecond: figure,
    writtenBytesPerSecond: figure,
    majorFaultsPerSecond: figure,
    isSuspect: fc.boolean(),
  },
  { noNullPrototype: true },
);

/** What no store changes: see as-kept.ts. */
function printable(text: string): string {
  return text.replaceAll('\0', '');
}

/** Any that a host could have, five seconds from the next. */
export function anySamples(count: number, seed: number): StoredSample[] {
  const one = fc.record({ stress, processes: fc.array(processShare, { maxLength: 10 }) });
  const figures = fc.infiniteStream(figure);
  const throttled = fc.infiniteStream(fc.option(fc.boolean()));
  const all = fc.sample(fc.tuple(one, figures, throttled), { seed, numRuns: count });
  return all.map(([kept, numbers, flags], index) => {
    const sample = sampleOf(beginMs + index * 5000, (path) => {
      if (path === 'thermal.isThrottled') return nextOf(flags);
      const value = nextOf(numbers);
      return path === 'intervalMs' || path === 'cpu.cores' ? (value ?? 2) : value;
    });
    return { sample, ...kept };
  });
}

function nextOf<Value>(endless: Iterator<Value, unknown>): Value | null {
  const { done, value } = endless.next();
  return done === true ? null : value;
}
