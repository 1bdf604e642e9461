import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import { needsMount, smallDisks } from '../support/small-disk.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
/** Deaf to SIGTERM, with a helper in a session of its own. */
const stubborn = {
  type: 'exec',
  command: ['sh', '-c', 'trap "" TERM; setsid sleep 1001 & while :; do sleep 1002; done'],
  ready: { after: '0s' },
  stop: { timeout: '200ms' },
};
const config = { modules: { sleeper, other: sleeper, stubborn } };

describe('modules whose keeper was killed', () => {
  const mount = smallDisks();
  const homes = temporaryHomes();

  it('are ended by the daemon itself where no other keeper can be started, one by one and at its end', async function () {
    needsMount(this);
    const home = homes.create({ ...config, autostart: Object.keys(config.modules) });
    const disk = mount(home.path);
    const daemon = await home.foreground().ready();
    for (const name of Object.keys(config.modules)) await home.reaches(name, 'running');
    disk.turnReadOnly();
    killKeeper(home);
    const { stderr } = await home.cli('stop', 'other');
    expect(stderr).to.match(/^error: "other" is stopped now, but that could not be stored/);
    expect(await home.module('other')).to.include({ state: 'stopped', pid: null });

    expect(await daemon.stop()).to.deep.equal({ status: 0, signal: null });
    expect(home.processes()).to.deep.equal([]);
    expect(await daemon.stdout)
      .to.include('there is no keeper to be ended')
      .and.not.to.match(/survived SIGKILL|cannot be ended/);
  });

  it('and whose daemon was too are named by a stop, which nobody would carry out', async () => {
    const home = homes.create({ ...config, autostart: ['sleeper'] });
    const daemonPid = await home.start();
    const { pid } = await home.reaches('sleeper', 'running');
    process.kill(daemonPid, 'SIGSTOP');
    killKeeper(home);
    process.kill(daemonPid, 'SIGKILL');
    const { status, stdout, stderr } = await home.cli('daemon', 'stop');
    expect({ status, stdout }).to.deep.equal({ status: 1, stdout: '' });
    expect(stderr).to.include(`modules are: sleeper (pid ${pid}) — `);

    await home.start();
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect(home.processes()).to.deep.equal([]);
    const again = await home.cli('daemon', 'stop');
    expect(again).to.include({ status: 0, stdout: 'daemon  stopped  (was not running)\n' });
  });
});

function killKeeper(home: TestHome): void {
  process.kill(readKeeperIdentity(home.path)?.pid ?? 0, 'SIGKILL');
}
