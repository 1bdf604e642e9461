import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { LineCutter, lineBytesMax } from '../../../../daemon/keeper/output/line-cutter.ts';

const seed = 20_260_101;

type Cut = [text: string, continues: boolean];

function cut(chunks: readonly Buffer[]): Cut[] {
  const lines: Cut[] = [];
  const cutter = new LineCutter((texts, continues) => {
    for (const text of texts) lines.push([text, continues]);
  });
  for (const chunk of chunks) {
    // The keeper reads into one buffer again and again.
    const shared = Buffer.from(chunk);
    cutter.push(shared);
    shared.fill(0x58);
  }
  cutter.flush();
  return lines;
}

function chunked(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let start = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  return [...chunks, bytes.subarray(start)];
}

describe('the line cutter', () => {
  const cases: [name: string, input: string, lines: string[]][] = [
    ['lines without their newlines', 'a\nb\n', ['a', 'b']],
    ['empty lines', '\n\na\n', ['', '', 'a']],
    ['lines that end in CR LF', 'a\r\nb\r\n', ['a', 'b']],
    ['a CR within a line', 'a\rb\n', ['a\rb']],
    ['a last line without newline', 'a\nb', ['a', 'b']],
    ['nothing', '', []],
  ];
  for (const [name, input, lines] of cases) {
    it(`gives ${name}`, () => {
      expect(cut([Buffer.from(input)]).map(([text]) => text)).to.deep.equal(lines);
    });
  }

  it('replaces what is not UTF-8', () => {
    const bytes = Buffer.from([0x61, 0xff, 0xc3, 0x0a]);
    expect(cut([bytes])).to.deep.equal([['a\ufffd\ufffd', false]]);
  });

  it('keeps a line of exactly the limit whole and gives a longer one in parts', () => {
    const whole = 'x'.repeat(lineBytesMax);
    expect(cut([Buffer.from(`${whole}\n`)])).to.deep.equal([[whole, false]]);
    expect(cut([Buffer.from(`${whole}y\n`)])).to.deep.equal([
      [whole, true],
      ['y', false],
    ]);
  });

  it(`gives the same lines however the bytes arrive (seed ${seed})`, () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.nat(150_000).map((length) => 'é€😀x'.repeat(length / 4)),
    );
    const sizes = fc.array(fc.oneof(fc.nat(20), fc.nat(100_000)), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), sizes, fc.boolean(), (lines, cuts, ends) => {
        const bytes = Buffer.from(lines.join('\n') + (ends ? '\n' : ''));
        expect(cut(chunked(bytes, cuts))).to.deep.equal(cut([bytes]));
      }),
      { seed, numRuns: 150 },
    );
  });

  it(`never splits a character, and its parts join to the line (seed ${seed})`, () => {
    const unit = fc.constantFrom('a', 'é', '€', '😀');
    fc.assert(
      fc.property(fc.array(unit, { minLength: 1, maxLength: 7 }), fc.nat(3), (units, shift) => {
        const text = 'b'.repeat(shift) + units.join('').repeat(40_000);
        const parts = cut(chunked(Buffer.from(`${text}\n`), [65_536, 65_536, 3]));
        expect(parts.map(([part]) => part).join('')).to.equal(text);
        expect(parts.map(([, continues]) => continues).lastIndexOf(true)).to.equal(
          parts.length - 2,
        );
        for (const [part] of parts) expect(Buffer.byteLength(part)).to.be.at.most(lineBytesMax);
      }),
      { seed, numRuns: 40 },
    );
  });
});
