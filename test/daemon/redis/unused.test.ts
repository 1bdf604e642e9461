import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { compiledTree } from '../../support/programs.ts';

describe('a daemon without Redis', () => {
  it('loads nothing of its client', () => {
    const daemon = join(compiledTree, 'daemon', 'daemon.js');
    const loaded = (then: string): string[] =>
      JSON.parse(
        execFileSync(process.execPath, [
          '--eval',
          `import(${JSON.stringify(daemon)}).then(${then}).then(() => console.log(JSON.stringify(
            Object.keys(require.cache).filter((path) => path.includes('ioredis')))))`,
        ]).toString(),
      ) as string[];
    expect(loaded('() => undefined')).to.deep.equal([]);
    // It would be seen.
    expect(loaded(`() => require('ioredis')`)).to.not.deep.equal([]);
  });
});
