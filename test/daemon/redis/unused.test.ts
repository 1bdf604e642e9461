import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { compiledTree } from '../../support/programs.ts';

describe('a daemon without Redis', () => {
  it('loads nothing of its client', () => {
    const daemon = join(compiledTree, 'daemon', 'daemon.js');
    const script = `
      const loaded = () => Object.keys(require.cache).filter((path) => path.includes('ioredis'));
      import(${JSON.stringify(daemon)}).then(() => {
        const unused = loaded();
        require('ioredis');
        console.log(JSON.stringify([unused, loaded().length]));
      });`;
    const printed = execFileSync(process.execPath, ['--eval', script], { encoding: 'utf8' });
    const [unused, used] = JSON.parse(printed) as [string[], number];
    expect(unused).to.deep.equal([]);
    // It would be seen.
    expect(used).to.be.greaterThan(0);
  });
});
