import { expect } from 'chai';
import { describe, it } from 'mocha';
import { execFileSync } from 'node:child_process';
import { kernelUnits } from '../../../modules/monitoring/kernel-units.ts';

describe('what the kernel counts in', () => {
  it('is what getconf says', function () {
    if (process.platform !== 'linux') return this.skip();
    const say = (name: string) => Number(execFileSync('getconf', [name], { encoding: 'utf8' }));
    expect(kernelUnits()).to.deep.equal({
      tickMs: 1000 / say('CLK_TCK'),
      pageBytes: say('PAGESIZE'),
    });
  });

  it('is read of another machine too', () => {
    const words = [6n, 65_536n, 17n, 1024n, 3n, 17n, 9n, 6n, 0n, 0n];
    const auxv = Buffer.from(BigUint64Array.from(words).buffer);
    expect(kernelUnits(auxv)).to.deep.equal({ tickMs: 1000 / 1024, pageBytes: 65_536 });
  });

  it('is 10 ms and 4 KiB where it is not told', () => {
    for (const bytes of [0, 7]) {
      expect(kernelUnits(Buffer.alloc(bytes))).to.deep.equal({ tickMs: 10, pageBytes: 4096 });
    }
  });
});
