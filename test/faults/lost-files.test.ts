import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import { isRunning } from '../support/processes.ts';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const config = { modules: { sleeper }, autostart: ['sleeper'] };

describe('a home that loses its files while the daemon runs', () => {
  const homes = temporaryHomes();

  it('gets socket, endpoint, tokens and pid file back, and its modules notice nothing', async () => {
    const home = homes.create(config);
    const pid = await home.start();
    const { pid: modulePid } = await home.reaches('sleeper', 'running');
    const { socket, endpoint, token, observerToken, daemonPid } = home.paths;
    const small = [endpoint, token, observerToken, daemonPid];
    const texts = small.map((path) => readFileSync(path, 'utf8'));
    for (const path of [socket, ...small]) rmSync(path);
    // Waits for a daemon that has the home and cannot be reached yet.
    expect(await home.start()).to.equal(pid);
    await until('everything is back', () => [socket, ...small].every((path) => existsSync(path)));
    expect(small.map((path) => readFileSync(path, 'utf8'))).to.deep.equal(texts);
    expect(await home.module('sleeper')).to.include({ state: 'running', pid: modulePid });
    const told = home.storedLines('daemon').map(({ text }) => text);
    expect(told).to.include('the RPC socket was removed: bound again');
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect(readdirSync(home.path).sort()).to.deep.equal(['data', 'journal', 'logs', 'state.json']);
  });

  it('gets its socket back also when something stood in its place for a while', async () => {
    const home = homes.create(config);
    const pid = await home.start();
    const { socket } = home.paths;
    rmSync(socket);
    mkdirSync(socket);
    await until('it has tried', () =>
      home.storedLines('daemon').some(({ text }) => text.includes('cannot restore')),
    );
    rmdirSync(socket);
    expect(await home.start()).to.equal(pid);
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
  });

  it('can be stopped by the command line although its socket was removed a moment ago', async () => {
    const home = homes.create(config);
    await home.start();
    rmSync(home.paths.socket);
    const { status, stdout, stderr } = await home.cli('daemon', 'stop');
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(stdout).to.match(/stopped in/);
    expect(home.processes()).to.deep.equal([]);
  });

  it('keeps its one keeper when run/ is removed, which the next daemon finds', async function () {
    // Elsewhere nothing tells the next keeper of the first.
    if (process.platform !== 'linux') this.skip();
    const home = homes.create({
      modules: {
        sleeper,
        clock: { type: 'thread', module: './clock.mjs', ready: { after: '300ms' } },
      },
      autostart: ['sleeper', 'clock'],
    });
    home.file('clock.mjs', 'setInterval(() => console.log("tick"), 100);');
    const first = await home.start();
    const pids = async () => {
      const modules = [
        await home.reaches('sleeper', 'running'),
        await home.reaches('clock', 'running'),
      ];
      return modules.map(({ pid }) => pid);
    };
    const before = await pids();
    await until('it has its pipes', () => home.storedLines('clock').length > 0);
    const keeper = readKeeperIdentity(home.path)?.pid;
    // The keeper may be making anew what is being removed.
    rmSync(home.paths.runDir, { recursive: true, maxRetries: 10 });
    process.kill(first, 'SIGKILL');
    await until('the next daemon answers', async () => {
      const { status } = await home.cli('daemon', 'status');
      return status === 0;
    });
    expect(await pids()).to.deep.equal(before);
    expect(readKeeperIdentity(home.path)?.pid).to.equal(keeper);
    for (const name of ['sleeper', 'clock']) {
      expect(await home.cli('module', 'restart', name), name).to.include({ status: 0 });
    }
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect(home.processes()).to.deep.equal([]);
  });

  it('is served at the socket in it while the endpoint file is missing', async () => {
    const home = homes.create(config);
    await home.start();
    rmSync(home.paths.endpoint);
    const { status, stdout } = await home.cli('daemon', 'status', '--json');
    expect(status).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ endpoint: `unix:${home.paths.socket}` });
  });

  it('when it is moved away: modules trade on, nobody else can begin there, SIGTERM ends all', async function () {
    // Elsewhere the lock is a file in the home, and goes with it.
    if (process.platform !== 'linux') this.skip();
    const home = homes.create(config);
    const daemon = await home.foreground().ready();
    const { pid } = await home.reaches('sleeper', 'running');
    const moved = `${home.path}.moved`;
    renameSync(home.path, moved);
    const other = await home.cli('daemon', 'start');
    expect(other.status).to.equal(1);
    expect(other.stderr).to.include('moved away').and.to.include(`kill ${daemon.pid}`);
    expect(existsSync(home.path), 'the other one has made nothing').to.equal(false);

    const log = `${moved}/logs/daemon.log`;
    await until('the alert', () => readFileSync(log, 'utf8').includes('ALERT: the home'));
    expect(isRunning(pid ?? 0)).to.equal(true);
    // Somebody else's by now, with what a daemon would remove at its end.
    mkdirSync(home.paths.runDir, { recursive: true, mode: 0o700 });
    expect(await daemon.stop()).to.deep.equal({ status: 0, signal: null });
    await until('the keeper is gone too', () => home.processes().length === 0);
    expect(existsSync(home.paths.runDir)).to.equal(true);
    expect(existsSync(home.paths.state)).to.equal(false);
  });
});
