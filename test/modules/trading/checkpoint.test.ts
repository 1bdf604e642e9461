import { Big } from 'big.js';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  runSettings,
  type Checkpoint,
} from '../../../modules/trading/checkpoint.ts';
import { matchAtOpen, openBook, submitMarketOrder } from '../../../modules/trading/engine.ts';
import { parseParams, type TradingParams } from '../../../modules/trading/params.ts';
import { bar } from './bars.ts';

const seed = 20_000_103;
const candles = [bar(1, 100), bar(2, '100.25'), bar(3, 101)];

function paramsOf(raw: object): TradingParams {
  const parsed = parseParams(raw);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.params;
}

const settings = runSettings('X', candles, paramsOf({}));

/** One order filled, one rejected, one pending. */
function sample(): Checkpoint {
  const size = { kind: 'quantity', quantity: new Big('1.5') } as const;
  const at = candles[0]!.time;
  let book = openBook(new Big(10_000));
  book = submitMarketOrder(book, { symbol: 'X', side: 'buy', size }, at);
  book = submitMarketOrder(book, { symbol: 'Y', side: 'sell', size }, at);
  book = matchAtOpen(book, 'X', candles[1]!, new Big('0.001')).book;
  book = matchAtOpen(book, 'Y', candles[1]!, new Big('0.001')).book;
  const spend = { kind: 'spend', cash: new Big('0.1') } as const;
  book = submitMarketOrder(book, { symbol: 'X', side: 'buy', size: spend }, at);
  return { settings, nextBar: 2, book };
}

function reasonFor(text: string, wanted = settings): string | undefined {
  const decoded = decodeCheckpoint(text, wanted, candles.length);
  return decoded.ok ? undefined : decoded.reason;
}

describe('the checkpoint', () => {
  const text = encodeCheckpoint(sample());

  it('comes back as it was, to the last digit', () => {
    const decoded = decodeCheckpoint(text, settings, candles.length);
    if (!decoded.ok) expect.fail(decoded.reason);
    expect(decoded.checkpoint).to.deep.equal(sample());
    expect(encodeCheckpoint(decoded.checkpoint)).to.equal(text);
  });

  const otherRuns: [name: string, raw: object][] = [
    ['starting_cash', { starting_cash: '9999.99' }],
    ['fee_percent', { fee_percent: 0.2 }],
    ['fast', { fast: 19 }],
    ['slow', { slow: 51 }],
  ];
  for (const [name, raw] of otherRuns) {
    it(`is not used when ${name} changed`, () => {
      const other = runSettings('X', candles, paramsOf(raw));
      expect(reasonFor(text, other)).to.equal(`it belongs to a run with another value of ${name}`);
    });
  }

  it('is not used for another symbol or when a bar changed', () => {
    const params = paramsOf({});
    const changed = [candles[0]!, candles[1]!, bar(3, '101.01')];
    expect(reasonFor(text, runSettings('Y', candles, params))).to.include('symbol');
    expect(reasonFor(text, runSettings('X', changed, params))).to.include('candles');
  });

  it('is used when only the speed changed', () => {
    expect(runSettings('X', candles, paramsOf({ speed: 999 }))).to.deep.equal(settings);
  });

  const damages: [what: string, damaged: string, reason: string][] = [
    ['is empty', '', 'it is not JSON'],
    ['was cut off', text.slice(0, -40), 'it is not JSON'],
    ['is something else', '[]', 'it has another form'],
    ['is of another version', text.replace('"version":1', '"version":2'), 'another form: version'],
    ['has an amount that is none', text.replace('"1.5"', '"1.5x"'), 'it has another form'],
    ['has cash that does not add up', text.replace(/"cash":"9/, '"cash":"8'), 'do not add up'],
    ['stands past the last bar', text.replace('"nextBar":2', '"nextBar":4'), 'at bar 4 of 3'],
  ];
  for (const [what, damaged, reason] of damages) {
    it(`is refused with the reason when it ${what}`, () => {
      expect(damaged).to.not.equal(text);
      expect(reasonFor(damaged)).to.include(reason);
    });
  }

  it(`never throws, whatever one byte became (seed ${seed})`, () => {
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.constantFrom('"', '{', '9', '-', '\u0000'),
        (at, byte) => {
          decodeCheckpoint(text.slice(0, at) + byte + text.slice(at + 1), settings, candles.length);
        },
      ),
      { seed, numRuns: 500 },
    );
  });
});
