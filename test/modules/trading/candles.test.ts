import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseCandles, readShippedCandles } from '../../../modules/trading/candles.ts';

const header = 'date,open,high,low,close,adjclose,volume\n';

describe('candles', () => {
  it('reads the shipped S&P 500 bars, exact to the last digit', () => {
    const candles = readShippedCandles('SP500');
    expect(candles).to.have.length(5105);
    expect(candles[0]?.time).to.equal('2000-01-03T00:00:00.000Z');
    expect(candles[0]?.close.toFixed()).to.equal('1455.219971');
    expect(candles.at(-1)?.time).to.equal('2020-04-17T00:00:00.000Z');
    expect(candles.at(-1)?.open.toFixed()).to.equal('2842.429932');
  });

  it('says which symbols there are when asked for another', () => {
    expect(() => readShippedCandles('__proto__')).to.throw('shipped are SP500');
  });

  const wrongRows: [row: string, message: string][] = [
    ['2020-01-02,1,2,1,1,1', 'f.csv:2: the column volume is missing'],
    ['2020-01-02,1,2,1,1,1,9,9', 'f.csv:2: expected 7 cells, found 8'],
    ['2020-1-2,1,2,1,1,1,9', 'f.csv:2: "2020-1-2" is not a date'],
    ['2020-02-30,1,2,1,1,1,9', 'f.csv:2: 2020-02-30 is not in the calendar'],
    ['2020-01-02,1e3,2,1,1,1,9', 'f.csv:2: open is "1e3"'],
    ['2020-01-02,NaN,2,1,1,1,9', 'f.csv:2: open is "NaN"'],
    ['2020-01-02,1,-2,1,1,1,9', 'f.csv:2: high is "-2"'],
    ['2020-01-02,3,2,1,1,1,9', 'f.csv:2: 3 lies outside low and high'],
    ['2020-01-02,1,2,1,0.5,1,9', 'f.csv:2: 0.5 lies outside low and high'],
    ['2020-01-02,0,2,0,1,1,9', 'f.csv:2: a price must be above zero'],
    ['2020-01-02,1,2,1,1,1,9\n2020-01-02,1,2,1,1,1,9', 'f.csv:3: 2020-01-02 is not after'],
    ['', 'f.csv:2: "" is not a date'],
  ];
  for (const [row, message] of wrongRows) {
    it(`refuses ${JSON.stringify(row)} with the line and the reason`, () => {
      expect(() => parseCandles(`${header}${row}\n`, 'f.csv')).to.throw(message);
    });
  }

  it('refuses a file with another header, or without rows', () => {
    expect(() => parseCandles('a,b\n', 'f.csv')).to.throw('f.csv:1: expected the header');
    expect(() => parseCandles(header, 'f.csv')).to.throw('it has no rows');
  });
});
