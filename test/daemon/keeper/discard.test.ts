import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { filesOf } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { type KeeperHome, keeperHomes } from './keeper-home.ts';

describe('a module that is configured no more', () => {
  const homes = keeperHomes();

  it('keeps nothing open in the keeper and leaves nothing in run/ when it has ended', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const before = readdirSync(home.runDir).sort();
    const { launch } = await guardian.spawn(home.shell('trading', 'echo last words'));
    await exitOf(launch);
    await home.line('trading', 'last words');
    expect(openFor(home, home.keeperPid())).to.have.length(3);
    await guardian.discard('trading');
    await until('run/ is as before', () => {
      return String(readdirSync(home.runDir).sort()) === String(before);
    });
    expect(openFor(home, home.keeperPid())).to.deep.equal([]);
    expect(home.texts('trading')).to.deep.equal(['last words']);
  });

  it('loses nothing while a launch of it lives', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const script = 'trap "echo heard; exit" USR1; echo up; while :; do sleep 60 & wait $!; done';
    const { identity, launch } = await guardian.spawn(home.shell('trading', script));
    await home.line('trading', 'up');
    await guardian.discard('trading');
    expect(home.recordOf('trading')).to.include({ launch });
    process.kill(identity.pid, 'SIGUSR1');
    await home.line('trading', 'heard');
  });

  it('is launched in new pipes when it is configured again before it is let go of', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const first = await guardian.spawn(home.shell('trading', 'echo one'));
    await exitOf(first.launch);
    const keeper = home.keeperPid();
    const discarded = guardian.discard('trading');
    const second = await guardian.spawn(home.shell('trading', 'echo two; exec sleep 60'));
    await discarded;
    await home.line('trading', 'two');
    expect(home.stored('trading').map(({ seq, text }) => `${seq} ${text}`)).to.deep.equal([
      '1 one',
      '2 two',
    ]);
    expect(home.keeperPid()).to.equal(keeper);
    expect(existsSync(join(home.runDir, 'trading.stdout'))).to.equal(true);
    expect(home.recordOf('trading')).to.include({ launch: second.launch });
  });
});

describe('the daemon’s hold on the pipes of a module', () => {
  const homes = keeperHomes();

  it('ends with the module also when its launch and its end are told in one breath', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const spec = home.shell('trading', 'exit 0');
    const spawned = guardian.spawn(spec);
    // The request is on its way after a turn; then both messages of the keeper wait to be read.
    await new Promise((resolve) => setImmediate(resolve));
    for (let looks = 0; looks < 1000 && !hasEnded(home); looks++) spawnSync('sleep', ['0.01']);
    await spawned;
    await exitOf(spec.launch);
    expect(openFor(home, process.pid)).to.deep.equal([]);
  });
});

function hasEnded(home: KeeperHome): boolean {
  return existsSync(join(home.runDir, 'trading.json')) && home.recordOf('trading').exit !== null;
}

/** What a process has open of the module "trading". */
function openFor(home: KeeperHome, pid: number): string[] {
  return filesOf(pid).filter((file) => file.startsWith(home.path) && file.includes('/trading.'));
}
