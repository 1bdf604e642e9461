import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { readFileSync } from 'node:fs';
import {
  parseIo,
  parseProcessStat,
  parseWaiting,
} from '../../../../modules/monitoring/processes/counters.ts';

/** As the kernel writes it, with the fields that are read apart from one another. */
function statLine(name: string, flags = 4194560): string {
  const fields = [11, 12, 13, 0, -1, flags, 20, 30, 2, 3, 500, 60, 70, 8, 20, 0, 5, 0, 4242];
  return `77 (${name}) D ${fields.join(' ')} 123456 9 18446744073709551615 0 0\n`;
}

describe('what the kernel has counted of a process', () => {
  it('is read out of the fields of stat that proc(5) names', () => {
    expect(parseProcessStat(statLine('worker'))).to.deep.equal({
      pid: 77,
      parentPid: 11,
      startTicks: 4242,
      name: 'worker',
      state: 'D',
      isKernel: false,
      ownTicks: 560,
      reapedTicks: 78,
      majorFaults: 5,
      residentPages: 9,
      threads: 5,
    });
  });

  it('agrees with what Node knows of this process', () => {
    const stat = parseProcessStat(readFileSync('/proc/self/stat', 'utf8'));
    expect(stat).to.include({ pid: process.pid, parentPid: process.ppid, isKernel: false });
  });

  for (const { name, shown } of [
    { name: 'a b', shown: 'a b' },
    { name: ') S 1 (', shown: ') S 1 (' },
    { name: 'a\n7 (b) R 1', shown: 'a?7 (b) R 1' },
    { name: '\u001b[31mred', shown: '?[31mred' },
    { name: 'left\u202eright', shown: 'left?right' },
    { name: '', shown: '' },
  ]) {
    it(`is told under a name that harms no terminal: ${JSON.stringify(name)}`, () => {
      expect(parseProcessStat(statLine(name))).to.include({
        name: shown,
        pid: 77,
        startTicks: 4242,
      });
    });
  }

  it('says which are threads of the kernel', () => {
    expect(parseProcessStat(statLine('kswapd0', 0x0020_0000 | 64))).to.include({ isKernel: true });
  });

  it('is nothing where the text is none of the kernel’s', () => {
    for (const text of ['', 'garbage', '7 (x)', '7 (x) R 1', statLine('x').replace('4242', 'x')])
      expect(parseProcessStat(text), text).to.equal(null);
    const seed = 8_001;
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        const stat = parseProcessStat(text);
        return stat === null || Object.values(stat).every((value) => !Number.isNaN(value));
      }),
      { seed },
    );
  });

  it('has no wait for a core where the kernel does not count any, rather than one of 0', () => {
    expect(parseWaiting('5 7 2\n')).to.deep.equal({ ranNs: 5, delayNs: 7 });
    for (const text of ['0 0 0\n', '', 'x y z', '5'])
      expect(parseWaiting(text), text).to.equal(null);
  });

  it('has of its reads and writes those that reached a device', () => {
    const io = 'rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\n';
    expect(parseIo(`${io}cancelled_write_bytes: 7\n`)).to.deep.equal({
      readBytes: 5,
      writtenBytes: 6,
    });
    for (const text of ['', 'rchar: 1\nwchar: 2\n']) expect(parseIo(text), text).to.equal(null);
  });
});
