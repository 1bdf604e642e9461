import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import { AlreadyRunningError, type Lock, lockHome } from '../../daemon/home/lock.ts';
import type { ModuleStatus } from '../../rpc/shapes.ts';
import { isRunning } from '../support/processes.ts';
import { type TestHome, temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const config = { modules: { sleeper }, autostart: [], profiles: { night: ['sleeper'] } };

describe('a daemon in the background that ends without saying goodbye', () => {
  const homes = temporaryHomes();

  it('is started again by the keeper with its profile, and finds its modules as they were', async () => {
    const home = homes.create(config);
    const start = await home.cli('daemon', 'start', '--profile', 'night', '--json');
    const first = (JSON.parse(start.stdout) as { pid: number }).pid;
    const before = await home.reaches('sleeper', 'running');
    await killKeeper(home);
    process.kill(first, 'SIGKILL');
    const second = await nextDaemon(home, first);
    expect(lasting(await home.reaches('sleeper', 'running'))).to.deep.equal(lasting(before));
    expect(programOf(second)).to.include('--profile\0night');
    process.kill(second, 'SIGKILL');
    const third = await nextDaemon(home, second);
    expect(lasting(await home.reaches('sleeper', 'running'))).to.deep.equal(lasting(before));
    expect(revivals(home)).to.deep.equal([
      'started again by the keeper: the last daemon ended without saying goodbye',
      'started again by the keeper: the last daemon ended without saying goodbye (SIGKILL)',
    ]);

    const restart = await home.cli('daemon', 'restart', '--keep-modules', '--json');
    const fourth = (JSON.parse(restart.stdout) as { pid: number }).pid;
    expect(programOf(fourth)).to.include('--profile\0night');
    expect(isRunning(third)).to.equal(false);
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect(home.processes()).to.deep.equal([]);
    expect(keeperLog(home).match(/ended without saying goodbye/g)).to.have.length(2);
  });

  it('is tried again ever more slowly while it cannot start, its modules untouched', async () => {
    const home = homes.create({ ...config, autostart: ['sleeper'] });
    const first = await home.start();
    const before = await home.reaches('sleeper', 'running');
    home.configure('daemon: {modules: [');
    process.kill(first, 'SIGKILL');
    await until('it is tried a second time', () => keeperLog(home).includes('again in 2 s'));
    expect(isRunning(before.pid ?? 0)).to.equal(true);
    home.configure({ ...config, autostart: ['sleeper'] });
    await nextDaemon(home, first);
    expect(lasting(await home.reaches('sleeper', 'running'))).to.deep.equal(lasting(before));
  });

  it('is not started again after a stop from the command line, which ends what it has left', async () => {
    const home = homes.create({ ...config, autostart: ['sleeper'] });
    const first = await home.start();
    await home.reaches('sleeper', 'running');
    // So that none comes to serve before the stop.
    home.configure('daemon: {modules: [');
    process.kill(first, 'SIGKILL');
    await until('one has been tried', () => keeperLog(home).includes('ended: exit code 1'));
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect(home.processes()).to.deep.equal([]);
  });

  it('leaves the home in silence to whoever has it by then', async () => {
    const home = homes.create({ ...config, autostart: ['sleeper'] });
    const first = await home.start();
    const before = await home.reaches('sleeper', 'running');
    const keeper = readKeeperIdentity(home.path)!.pid;
    process.kill(keeper, 'SIGSTOP');
    process.kill(first, 'SIGKILL');
    const lock = await until('the home is free', () => lockIfFree(home));
    process.kill(keeper, 'SIGCONT');
    const said = home.storedLines('daemon').length;
    await until('one has been tried', () => keeperLog(home).includes('ended: exit code 1'));
    expect(home.storedLines('daemon')).to.have.length(said);
    await lock.release();
    expect(await home.start()).not.to.equal(first);
    expect(lasting(await home.reaches('sleeper', 'running'))).to.deep.equal(lasting(before));
  });
});

async function killKeeper(home: TestHome): Promise<void> {
  const { pid } = readKeeperIdentity(home.path)!;
  process.kill(pid, 'SIGKILL');
  await until('the daemon has another keeper', () =>
    home
      .storedLines('daemon')
      .findLast(({ text }) => text.startsWith('started keeper') && !text.endsWith(` ${pid}`)),
  );
}

/** The pid of the daemon that answers after the one that was killed. */
function nextDaemon(home: TestHome, killed: number): Promise<number> {
  return until('another daemon answers', async () => {
    const { status, stdout } = await home.cli('daemon', 'status', '--json');
    if (status !== 0) return null;
    const { pid } = JSON.parse(stdout) as { pid: number };
    return pid === killed ? null : pid;
  });
}

/** As a daemon that an operator starts takes it. */
async function lockIfFree(home: TestHome): Promise<Lock | null> {
  try {
    return await lockHome(home.path, () => undefined);
  } catch (error) {
    if (error instanceof AlreadyRunningError) return null;
    throw error;
  }
}

function revivals(home: TestHome): string[] {
  const texts = home.storedLines('daemon').map(({ text }) => text);
  return texts.filter((text) => text.startsWith('started again'));
}

function keeperLog(home: TestHome): string {
  return readFileSync(`${home.paths.logsDir}/keeper.log`, { encoding: 'utf8', flag: 'a+' });
}

function programOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

function lasting({ pid, restart_count, started_at, wanted, state }: ModuleStatus): object {
  return { pid, restart_count, started_at, wanted, state };
}
