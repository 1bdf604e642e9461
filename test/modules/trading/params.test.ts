import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseParams } from '../../../modules/trading/params.ts';

function problemOf(raw: unknown): string | undefined {
  const parsed = parseParams(raw);
  return parsed.ok ? undefined : parsed.problem;
}

describe('the params of trading', () => {
  it('has a default for each', () => {
    const parsed = parseParams({});
    if (!parsed.ok) expect.fail(parsed.problem);
    const { startingCash, feePercent, ...rest } = parsed.params;
    expect(rest).to.deep.equal({ mode: 'replay', speed: 5, fast: 20, slow: 50 });
    expect([startingCash.toFixed(), feePercent.toFixed()]).to.deep.equal(['10000', '0.1']);
  });

  it('takes amounts exactly, as text or as a number, and numbers as text', () => {
    const parsed = parseParams({ starting_cash: '2500.50', fee_percent: 0.075, speed: '0.5' });
    if (!parsed.ok) expect.fail(parsed.problem);
    expect(parsed.params.startingCash.toFixed()).to.equal('2500.5');
    expect(parsed.params.feePercent.toFixed()).to.equal('0.075');
    expect(parsed.params.speed).to.equal(0.5);
  });

  const wrong: [raw: unknown, problem: string][] = [
    [{ mode: 'live' }, 'param "mode" is "live": expected "replay", the only mode there is'],
    [{ speed: 0 }, 'param "speed" is 0: expected bars a second, above 0 and up to 1000'],
    [{ speed: 1001 }, 'param "speed" is 1001: expected bars a second'],
    [{ speed: 'fast' }, 'param "speed" is "fast": expected bars a second'],
    [{ starting_cash: '-1' }, 'param "starting_cash" is "-1": expected an amount above 0'],
    [{ starting_cash: 0 }, 'param "starting_cash" is 0: expected an amount above 0'],
    [{ starting_cash: 1e30 }, 'param "starting_cash" is 1e+30: expected an amount'],
    [{ starting_cash: null }, 'param "starting_cash" is null: expected an amount'],
    [{ fee_percent: 51 }, 'param "fee_percent" is 51: expected per cent from 0 to 50'],
    [{ fast: 1.5 }, 'param "fast" is 1.5: expected a whole number of bars from 1 to 1000'],
    [{ fast: 50 }, 'param "fast" is 50: expected less than slow, which is 50'],
    [{ sped: 5 }, 'unknown param "sped": expected mode, speed, starting_cash'],
    [JSON.parse('{"__proto__": 1}'), 'unknown param "__proto__"'],
    [[], 'params are not an object'],
    [null, 'params are not an object'],
  ];
  for (const [raw, problem] of wrong) {
    it(`refuses ${JSON.stringify(raw)} and names what is expected`, () => {
      expect(problemOf(raw)).to.include(problem);
    });
  }

  it('names all mistakes at once', () => {
    expect(problemOf({ speed: -1, fast: 0 }))
      .to.include('"speed"')
      .and.to.include('"fast"');
  });
});
