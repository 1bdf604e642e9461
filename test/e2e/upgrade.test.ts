import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import type { ModuleStatus } from '../../rpc/shapes.ts';
import { olderTrees, olderVersion } from '../support/older-tree.ts';
import { isRunning } from '../support/processes.ts';
import { programsIn, runNode } from '../support/programs.ts';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const ticker = {
  type: 'exec',
  command: ['sh', '-c', 'n=0; while n=$((n+1)); do echo "line $n"; sleep 0.01; done'],
  ready: { after: '0s' },
};
const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };

describe('an upgrade that speaks another protocol with its keeper', () => {
  const homes = temporaryHomes();
  const olderTree = olderTrees();

  it('keeps pids and lines over a restart that keeps modules, and moves each as it restarts', async () => {
    const home = homes.create({ modules: { ticker, sleeper }, autostart: ['ticker', 'sleeper'] });
    const older = programsIn(olderTree());
    expect((await runNode(older.cli, ['daemon', 'start'], { env: home.env })).status).to.equal(0);
    const before = await home.reaches('ticker', 'running');
    const sleeping = await home.reaches('sleeper', 'running');
    const olderKeeper = readKeeperIdentity(home.path, olderVersion)?.pid ?? 0;

    const restart = await home.cli('daemon', 'restart', '--keep-modules');
    expect(restart).to.include({ status: 0, stderr: '' });
    expect(lasting(await home.module('ticker'))).to.deep.equal(lasting(before));
    const mark = home.storedLines('ticker').length;
    await until('it logs on', () => home.storedLines('ticker').length > mark + 20);

    expect((await home.cli('module', 'restart', 'ticker')).status).to.equal(0);
    const { texts, again } = await until('its next launch logs', () => {
      const texts = home.storedLines('ticker').map(({ text }) => text);
      const again = texts.lastIndexOf('line 1');
      return again > mark && { texts, again };
    });
    expect(texts.slice(0, again)).to.deep.equal(
      texts.slice(0, again).map((_, n) => `line ${n + 1}`),
    );
    expect(lasting(await home.module('sleeper'))).to.deep.equal(lasting(sleeping));
    expect(isRunning(olderKeeper)).to.equal(true);

    expect((await home.cli('module', 'restart', 'sleeper')).status).to.equal(0);
    await until('the older keeper has gone', () => !isRunning(olderKeeper));
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect(home.processes()).to.deep.equal([]);
    expect(readFileSync(`${home.paths.logsDir}/keeper.log`, 'utf8')).not.to.include('goodbye');
  });
});

function lasting({ pid, restart_count, started_at, wanted, state }: ModuleStatus): object {
  return { pid, restart_count, started_at, wanted, state };
}
