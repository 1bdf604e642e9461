import { expect } from 'chai';
import { describe, it } from 'mocha';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { compiledTree, startNode } from '../support/programs.ts';

describe('signals', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`the first ${signal} stops, the second kills, and the process ends with 130`, async () => {
      const watcher = watch();
      expect(await watcher.next()).to.equal('ready');
      watcher.child.kill(signal);
      expect(await watcher.next()).to.equal('stop');
      watcher.child.kill(signal);
      // Neither a failed kill nor a stop that never ends keeps it.
      expect(await watcher.next()).to.equal('kill');
      watcher.child.kill(signal);
      expect(await watcher.ended).to.deep.equal({ status: 130, signal: null });
    });
  }

  it('the second one ends a stop that does not end by itself', async () => {
    const watcher = watch(50);
    await watcher.next();
    watcher.child.kill('SIGINT');
    expect(await watcher.next()).to.equal('stop');
    watcher.child.kill('SIGTERM');
    expect(await watcher.next()).to.equal('kill');
    expect(await watcher.ended).to.deep.equal({ status: 130, signal: null });
  });

  it('SIGHUP without a terminal reloads', async () => {
    const watcher = watch();
    await watcher.next();
    watcher.child.kill('SIGHUP');
    expect(await watcher.next()).to.equal('reload');
    watcher.child.kill('SIGTERM');
    expect(await watcher.next()).to.equal('stop');
    watcher.child.kill('SIGKILL');
    expect((await watcher.ended).signal).to.equal('SIGKILL');
  });
});

function watch(afterKillMs = 60_000) {
  const program = join(compiledTree, 'test/fixtures/signal-watcher.js');
  const { child, ended } = startNode(program, [String(afterKillMs)], {
    env: process.env,
    detached: true,
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async (): Promise<string | null> => {
    const line: IteratorResult<string, unknown> = await lines.next();
    return line.done === true ? null : line.value;
  };
  return { child, ended, next };
}
