import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { LineReader, type Line } from '../../rpc/lines.ts';

const seed = 20261121;

function readAll(reader: LineReader, chunks: Iterable<Buffer>): Line[] {
  const lines: Line[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let line = reader.next(); line !== null; line = reader.next()) lines.push(line);
  }
  return lines;
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe('lines', () => {
  it(`gives the same lines however the bytes are cut (seed ${seed})`, () => {
    const texts = fc.array(
      fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' ')),
    );
    fc.assert(
      fc.property(texts, fc.array(fc.integer({ min: 0, max: 9 })), (written, sizes) => {
        const bytes = Buffer.from(written.map((text) => `${text}\n`).join(''));
        const lines = readAll(new LineReader(10_000), cut(bytes, sizes));
        expect(lines).to.deep.equal(written.map((text) => ({ kind: 'line', text })));
      }),
      { seed },
    );
  });

  it('accepts a line of exactly the cap and refuses one byte more', () => {
    expect(readAll(new LineReader(4), [Buffer.from('1234\n')])).to.deep.equal([
      { kind: 'line', text: '1234' },
    ]);
    expect(readAll(new LineReader(4), [Buffer.from('12345\n1\n')])).to.deep.equal([
      { kind: 'too_long' },
    ]);
  });

  it('refuses a line as soon as it is too long, without waiting for its end', () => {
    expect(readAll(new LineReader(4), [Buffer.from('123'), Buffer.from('45')])).to.deep.equal([
      { kind: 'too_long' },
    ]);
  });

  it('tells what is not UTF-8 from lines, and goes on behind it', () => {
    const bytes = Buffer.from([0x61, 0xff, 0x0a, 0xed, 0xa0, 0x80, 0x0a, 0xc3, 0xbc, 0x0a]);
    expect(readAll(new LineReader(10), cut(bytes, [1, 1, 2, 1, 3]))).to.deep.equal([
      { kind: 'not_utf8' },
      { kind: 'not_utf8' },
      { kind: 'line', text: 'ü' },
    ]);
  });

  it('obeys a cap that changes between two lines of one chunk', () => {
    const reader = new LineReader(2);
    reader.push(Buffer.from('12\n12345\n'));
    expect(reader.next()).to.deep.equal({ kind: 'line', text: '12' });
    reader.bytesMax = 5;
    expect(reader.next()).to.deep.equal({ kind: 'line', text: '12345' });
  });

  it('keeps half a line for later', () => {
    const reader = new LineReader(100);
    reader.push(Buffer.from('ha'));
    expect(reader.next()).to.equal(null);
    reader.push(Buffer.from('lf\n'));
    expect(reader.next()).to.deep.equal({ kind: 'line', text: 'half' });
  });
});
