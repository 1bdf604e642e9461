import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../rpc/failure.ts';
import { needsMount, type SmallDisk, smallDisks } from '../support/small-disk.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const config = {
  modules: { sleeper, other: { ...sleeper, restart: { base_delay: '0s' } } },
  autostart: ['sleeper', 'other'],
};

describe('a home on a full disk', () => {
  const mount = smallDisks();
  const homes = temporaryHomes();

  it('runs on: modules live, crashes are mended, and what cannot be stored is said to be so', async function () {
    needsMount(this);
    const home = homes.create(config);
    const disk = mount(home.path);
    await home.start();
    const { pid } = await home.reaches('other', 'running');
    await fillUnder(home, disk);

    process.kill(pid ?? 0, 'SIGKILL');
    await until('it is restarted', async () => {
      const other = await home.module('other');
      return other.state === 'running' && other.pid !== pid;
    });
    const rpc = await home.rpc();
    const error = await failure(rpc.call('module.stop', { module: 'sleeper' }));
    expect(error).to.include({ code: -32603 });
    expect(error)
      .to.have.property('message')
      .which.matches(/^"sleeper" is stopped now, but that could not be stored.*ENOSPC.*make room/);
    expect(await home.module('sleeper')).to.include({ state: 'stopped', reason: 'operator' });
    expect(readdirSync(home.path)).not.to.include('state.json.new');

    disk.free();
    expect((await home.cli('stop', 'sleeper')).status).to.equal(0);
    expect(readFileSync(home.paths.state, 'utf8')).to.include('"operator": "down"');
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
  });

  it('lets the daemon end, modules and keeper too', async function () {
    needsMount(this);
    const home = homes.create(config);
    const disk = mount(home.path);
    const daemon = await home.foreground().ready();
    await fillUnder(home, disk);
    expect(await daemon.stop()).to.deep.equal({ status: 0, signal: null });
    await until('nothing is left', () => home.processes().length === 0);
    expect(await daemon.stdout).to.include('cannot store the state');
  });

  it('lets no daemon start, which says why in one message, and does once there is room', async function () {
    needsMount(this);
    const home = homes.create(config);
    const disk = mount(home.path);
    disk.fill();
    const { status, stderr } = await home.cli('daemon', 'start');
    expect(status).to.equal(1);
    expect(stderr).to.match(/^error: cannot .*no space left on device.*\n$/);
    expect(home.processes()).to.deep.equal([]);
    disk.free();
    await home.start();
    await home.reaches('sleeper', 'running');
  });
});

/** With a state that needs more room than the pid files give back that vanish on the way. */
async function fillUnder(home: TestHome, disk: SmallDisk): Promise<void> {
  const rpc = await home.rpc();
  const params = { filler: 'x'.repeat(40_000) };
  await rpc.call('module.restart', { module: 'sleeper', params });
  disk.fill();
}

describe('a home whose disk turns read-only', () => {
  const mount = smallDisks();
  const homes = temporaryHomes();

  it('goes on: modules live, crashes are mended, and all is stored once it is writable again', async function () {
    needsMount(this);
    const home = homes.create(config);
    const disk = mount(home.path);
    const daemon = await home.foreground().ready();
    const { pid: first } = await home.reaches('other', 'running');
    await home.reaches('sleeper', 'running');
    disk.turnReadOnly();

    process.kill(first ?? 0, 'SIGKILL');
    const pid = await until('it is restarted', async () => {
      const other = await home.module('other');
      return other.state === 'running' && other.pid !== first && other.pid;
    });
    const rpc = await home.rpc();
    const error = await failure(rpc.call('module.stop', { module: 'sleeper' }));
    expect(error)
      .to.have.property('message')
      .which.matches(/^"sleeper" is stopped now, but .*not be stored.*EROFS.*mend that and ask/);
    expect(await home.module('sleeper')).to.include({ state: 'stopped', reason: 'operator' });

    disk.turnWritable();
    expect((await home.cli('stop', 'sleeper')).status).to.equal(0);
    expect(readFileSync(home.paths.state, 'utf8')).to.include('"operator": "down"');
    await until('the keeper has recorded what runs', () => {
      const text = readFileSync(join(home.paths.runDir, 'other.json'), 'utf8');
      return (JSON.parse(text) as { identity: { pid: number } }).identity.pid === pid;
    });
    expect(await daemon.stop()).to.deep.equal({ status: 0, signal: null });
  });

  it('lets the daemon end, modules and keeper too, and leaves what it cannot remove', async function () {
    needsMount(this);
    const home = homes.create(config);
    const disk = mount(home.path);
    const daemon = await home.foreground().ready();
    await home.reaches('sleeper', 'running');
    disk.turnReadOnly();
    expect(await daemon.stop()).to.deep.equal({ status: 0, signal: null });
    await until('nothing is left', () => home.processes().length === 0);
    expect(await daemon.stdout).to.match(/cannot remove .*daemon\.pid.*EROFS/);
    disk.turnWritable();
    await home.start();
    await home.reaches('sleeper', 'running');
  });

  it('is stopped from the command line all the same, which tells what could not be removed', async function () {
    needsMount(this);
    const home = homes.create(config);
    const disk = mount(home.path);
    await home.start();
    await home.reaches('sleeper', 'running');
    disk.turnReadOnly();
    const { status, stdout, stderr } = await home.cli('daemon', 'stop');
    expect(stderr).to.match(
      /^the daemon has ended and could not remove .*superbot\.sock,.*daemon\.pid \(EROFS.*the next one/,
    );
    expect(stdout).to.match(/^daemon {2}stopped/);
    expect(status).to.equal(0);
    expect(home.processes()).to.deep.equal([]);
    disk.turnWritable();
    await home.start();
    await home.reaches('sleeper', 'running');
  });

  it('is not given up for a restart, after which none could start', async function () {
    needsMount(this);
    const home = homes.create(config);
    const disk = mount(home.path);
    const pid = await home.start();
    const { pid: sleeperPid } = await home.reaches('sleeper', 'running');
    disk.turnReadOnly();
    const { status, stderr } = await home.cli('daemon', 'restart');
    expect(stderr).to.match(/^error: the daemon was not restarted and runs on: .*EROFS/);
    expect(status).to.equal(1);
    expect(home.processes()).to.include.members([pid, sleeperPid]);
  });
});

describe('a home on a read-only disk', () => {
  const mount = smallDisks();
  const homes = temporaryHomes();

  it('is refused with advice', async function () {
    needsMount(this);
    const home = homes.create(config);
    mount(home.path).setReadOnly();
    const { status, stderr } = await home.cli('daemon', 'start');
    expect(status).to.equal(1);
    expect(stderr).to.match(
      /^error: cannot use the home .*read-only file system.* choose a --home that you can write to\n$/,
    );
  });
});
