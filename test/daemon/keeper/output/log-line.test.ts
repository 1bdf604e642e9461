import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { toLogLine, toStoredLines } from '../../../../daemon/keeper/output/log-line.ts';

const seed = 20_260_102;
const source = { seq: 3, time: '2026-01-02T03:04:05.678Z', module: 'm', stream: 'stdout' } as const;

describe('a log line', () => {
  const plain: [why: string, text: string][] = [
    ['plain text', 'hello'],
    ['JSON without a level', '{"msg":"x"}'],
    ['a level that is a word', '{"level":"info","msg":"x"}'],
    ['a message that is no string', '{"level":30,"msg":5}'],
    ['torn JSON', '{"level":30,"msg":"x'],
    ['an array', '[{"level":30}]'],
    ['an object after other text', 'x {"level":30,"msg":"y"}'],
  ];
  for (const [why, text] of plain) {
    it(`is stored as it was written: ${why}`, () => {
      expect(toLogLine(source, text, false)).to.deep.equal({ ...source, level: null, text });
    });
  }

  const levels: [number: number, level: string][] = [
    [5, 'trace'],
    [10, 'trace'],
    [20, 'debug'],
    [30, 'info'],
    [35, 'info'],
    [40, 'warn'],
    [50, 'error'],
    [60, 'fatal'],
    [99, 'fatal'],
  ];
  for (const [number, level] of levels) {
    it(`has level ${level} for pino's ${number}`, () => {
      const line = toLogLine(source, JSON.stringify({ level: number, msg: 'x' }), false);
      expect(line).to.deep.equal({ ...source, level, text: 'x' });
    });
  }

  it('has what pino JSON adds as fields', () => {
    const text = '{"level":30,"time":1,"pid":2,"msg":"filled","order":{"id":7}}';
    expect(toLogLine(source, text, false)).to.deep.equal({
      ...source,
      level: 'info',
      text: 'filled',
      fields: { time: 1, pid: 2, order: { id: 7 } },
    });
  });

  it('cannot take the numbering or the name from the module', () => {
    const text = '{"level":30,"msg":"x","seq":999,"module":"daemon","stream":"keeper"}';
    const line = toLogLine(source, text, false);
    expect(line).to.include({ seq: 3, module: 'm', stream: 'stdout' });
    expect(line.fields).to.deep.equal({ seq: 999, module: 'daemon', stream: 'keeper' });
  });

  it('says that it continues, and parses no part', () => {
    const text = '{"level":30,"msg":"x"}';
    const line = toLogLine(source, text, true);
    expect(line).to.deep.equal({ ...source, level: null, text, cont: true });
  });

  it(`is stored as its JSON whatever the text, and cannot be given a prototype (seed ${seed})`, () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json().map((json) => `{"level":30,"__proto__":${json},"x":${json}}`),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (values) => {
        for (const continues of [false, true]) {
          const lines = values.map((value, i) =>
            toLogLine({ ...source, seq: 3 + i }, value, continues),
          );
          const made = lines.map((line) => JSON.stringify(line) + '\n').join('');
          expect(toStoredLines(source, values, continues).toString()).to.equal(made);
        }
        const line = toLogLine(source, values[0] ?? '', false);
        const again = JSON.parse(JSON.stringify(line)) as object;
        expect(again).to.have.property('seq', 3);
        expect(Object.getPrototypeOf(line)).to.equal(Object.prototype);
      }),
      { seed },
    );
  });

  const bulks: [why: string, texts: string[]][] = [
    ['many', Array.from({ length: 10_000 }, (_, i) => `line ${i}`)],
    ['long', ['x'.repeat(65_536), '\0'.repeat(65_536), '€'.repeat(21_000), '"'.repeat(65_536)]],
    ['empty', ['', '', '']],
    ['full of what JSON divides by', ['a","b', '","', '"', '\\', '\\","\\', '],[']],
  ];
  for (const [why, texts] of bulks) {
    it(`is stored as its JSON in a batch of lines that are ${why}`, () => {
      const stored = toStoredLines(source, texts, false).toString().trimEnd().split('\n');
      const lines = texts.map((text, i) => toLogLine({ ...source, seq: 3 + i }, text, false));
      expect(stored.map((line) => JSON.parse(line) as unknown)).to.deep.equal(lines);
    });
  }

  it('is stored whole also where pino JSON is longer than anything else', () => {
    const text = JSON.stringify({ level: 30, msg: 'x', numbers: Array(60_000).fill(1e20) });
    const [stored] = toStoredLines(source, [text], false).toString().split('\n');
    expect(JSON.parse(stored ?? '')).to.deep.equal(toLogLine(source, text, false));
  });
});
