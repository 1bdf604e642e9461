import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseFigures, unitsOf } from '../../../daemon/resources/proc-process.ts';

const units = { tickMs: 10, pageBytes: 4096 };

/** As kernels have printed it. */
const stats = {
  plain:
    '15662 (cat) R 5656 5656 31951 0 -1 4194304 101 0 0 0 3 4 50 60 20 0 1 0 2282794 3133440 410 18446744073709551615 94642267435008 94642267454889 140726092983712 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 94642267470896 94642267472512 94642937729024 140726092991191 140726092991211 140726092991211 140726092992491 0\n',
  hostile:
    '77 (a) S 1 1 (b c) S 70 71 72 34816 71 4194560 9 0 0 0 1 2 0 0 20 0 12 0 500 900 1000 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n',
  zombie:
    '80 (sh) Z 77 71 72 0 -1 4228100 0 0 0 0 250 50 7 3 20 0 1 0 501 0 0 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 9\n',
};

describe('a process as /proc/PID/stat tells it', () => {
  it('has its times in milliseconds and its memory in bytes', () => {
    expect(parseFigures(stats.plain, units)).to.include({
      pid: 15662,
      parentPid: 5656,
      startMs: 22_827_940,
      ownMs: 70,
      reapedMs: 1100,
      threads: 1,
      residentBytes: 410 * 4096,
    });
  });

  it('may have a name with spaces, parentheses and what looks like fields', () => {
    expect(parseFigures(stats.hostile, units)).to.include({
      ...{ pid: 77, parentPid: 70, groupId: 71, sessionId: 72, zombie: false },
      ...{ ownMs: 30, reapedMs: 0, threads: 12, startMs: 5000, startTime: '500' },
    });
  });

  it('still has the time that it used when it is a zombie', () => {
    expect(parseFigures(stats.zombie, units)).to.include({
      ...{ zombie: true, ownMs: 3000, reapedMs: 100, residentBytes: 0 },
    });
  });

  it('is counted in the units of this kernel', () => {
    expect(parseFigures(stats.plain, { tickMs: 1, pageBytes: 65_536 })).to.include({
      ...{ ownMs: 7, residentBytes: 410 * 65_536 },
    });
  });

  it('is nothing where the text is cut off', () => {
    expect(parseFigures('15662 (cat', units)).to.equal(null);
    expect(parseFigures('', units)).to.equal(null);
  });
});

describe('the units of the kernel', () => {
  function auxv(pairs: readonly (readonly [key: number, value: number])[]): Buffer {
    const words = pairs.flat().map(BigInt);
    const bytes = Buffer.alloc(words.length * 8);
    words.forEach((word, index) => bytes.writeBigUInt64LE(word, index * 8));
    return bytes;
  }

  it('are read from the auxiliary vector', () => {
    const vector = auxv([
      [33, 140_726_093_000_704],
      [6, 65_536],
      [17, 250],
      [0, 0],
    ]);
    expect(unitsOf(vector)).to.deep.equal({ tickMs: 4, pageBytes: 65_536 });
  });

  it('are the usual ones where that does not tell', () => {
    expect(unitsOf(auxv([[0, 0]]))).to.deep.equal({ tickMs: 10, pageBytes: 4096 });
    expect(unitsOf(Buffer.alloc(7))).to.deep.equal({ tickMs: 10, pageBytes: 4096 });
  });
});
