import { expect } from 'chai';
import { describe, it } from 'mocha';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { socketPathBytesMax } from '../../config/paths.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const config = { modules: { sleeper }, autostart: ['sleeper'] };
const isRoot = process.getuid?.() === 0;

describe('what another daemon left in the home', () => {
  const homes = temporaryHomes();

  it('is replaced: a socket, an endpoint, tokens and pid files that nobody stands behind', async () => {
    const home = homes.create(config);
    mkdirSync(home.path, { mode: 0o700 });
    const socket = home.paths.socket;
    // Bound and never removed: its owner is gone when this returns.
    const bind = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    try {
      execFileSync(process.execPath, ['-e', bind, socket], { stdio: 'ignore' });
    } catch (error) {
      expect((error as { signal: string }).signal).to.equal('SIGKILL');
    }
    writeFileSync(home.paths.endpoint, 'tcp:127.0.0.1:1\n');
    writeFileSync(home.paths.token, 'old');
    // Alive, but none of ours: it must be left alone.
    writeFileSync(home.paths.daemonPid, `${process.pid}\n`);
    writeFileSync(home.paths.modulePid('sleeper'), `${process.pid}\n`);

    const pid = await home.start();
    expect(readFileSync(home.paths.daemonPid, 'utf8')).to.equal(`${pid}\n`);
    expect(readFileSync(home.paths.endpoint, 'utf8')).to.equal(`unix:${socket}\n`);
    const { pid: modulePid } = await home.reaches('sleeper', 'running');
    expect(readFileSync(home.paths.modulePid('sleeper'), 'utf8')).to.equal(`${modulePid}\n`);
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
  });

  it('never makes the command line believe that a daemon runs', async () => {
    const home = homes.create(config);
    mkdirSync(home.path, { mode: 0o700 });
    writeFileSync(home.paths.endpoint, `unix:${home.paths.socket}\n`);
    writeFileSync(home.paths.daemonPid, `${process.pid}\n`);
    const { status, stderr } = await home.cli('daemon', 'status');
    expect(status).to.equal(3);
    expect(stderr).to.include(home.paths.socket).and.to.include('daemon start');
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
  });

  it('is never a file of the user’s in the place of the socket', async () => {
    const home = homes.create(config);
    mkdirSync(home.path, { mode: 0o700 });
    writeFileSync(home.paths.socket, 'mine');
    await expectRefused(home, 'move it');
    expect(readFileSync(home.paths.socket, 'utf8')).to.equal('mine');
  });
});

describe('a home with a path as long as its socket allows', () => {
  const homes = temporaryHomes();

  it('has room for processes and threads', async () => {
    const clock = { type: 'thread', module: './clock.mjs', ready: { after: '0s' } };
    const home = homes.create({ modules: { sleeper, clock }, autostart: ['sleeper', 'clock'] });
    home.file('clock.mjs', 'setInterval(() => {}, 1000);');
    mkdirSync(home.path, { mode: 0o700 });
    const bytesLeft =
      socketPathBytesMax() - Buffer.byteLength(join(home.path, 'x', 'superbot.sock'));
    home.env['SUPERBOT_HOME'] = join(home.path, 'x'.repeat(bytesLeft + 1));
    expect(await home.cli('daemon', 'start')).to.include({ status: 0, stderr: '' });
    try {
      for (const name of ['sleeper', 'clock']) {
        // Without a remark that it takes long.
        expect(await home.cli('restart', name, '-q')).to.include({ status: 0, stderr: '' });
      }
    } finally {
      expect(await home.cli('daemon', 'stop')).to.include({ status: 0, stderr: '' });
    }
  });
});

describe('a home that cannot be used', () => {
  const homes = temporaryHomes();

  it('is refused with advice when others can enter it', async () => {
    const home = homes.create(config);
    mkdirSync(home.path);
    chmodSync(home.path, 0o755);
    await expectRefused(home, `chmod 700 "${home.path}"`);
  });

  it('is refused with advice when its path is too long for a socket', async () => {
    const home = homes.create(config);
    home.env['SUPERBOT_HOME'] = join(home.path, 'x'.repeat(100));
    await expectRefused(home, 'choose a shorter --home');
  });

  it('is refused with advice when it belongs to another user', async function () {
    // Only root can give a folder away.
    if (!isRoot) this.skip();
    const home = homes.create(config);
    mkdirSync(home.path, { mode: 0o700 });
    chownSync(home.path, 65_534, 65_534);
    await expectRefused(home, 'it belongs to user 65534');
  });

  it('is refused with advice when it cannot be written to', async function () {
    // Root may write everywhere.
    if (isRoot) this.skip();
    const home = homes.create(config);
    mkdirSync(home.path, { mode: 0o500 });
    await expectRefused(home, 'that you can write to');
  });

  it('is refused with advice when it is a file', async () => {
    const home = homes.create(config);
    writeFileSync(home.path, '');
    await expectRefused(home, 'choose a --home');
  });

  it('is refused when a newer superbot has written its state', async () => {
    const home = homes.create(config);
    mkdirSync(home.path, { mode: 0o700 });
    writeFileSync(home.paths.state, JSON.stringify({ version: 1_000_000, modules: {} }));
    await expectRefused(home, 'newer superbot');
    expect(readFileSync(home.paths.state, 'utf8')).to.include('1000000');
  });
});

/** In the foreground and in the background: status 1, the advice, one line and nothing left. */
async function expectRefused(home: TestHome, advice: string): Promise<void> {
  const daemon = home.foreground();
  expect((await daemon.report)?.ready, 'it serves').not.to.equal(true);
  expect(await daemon.ended).to.deep.equal({ status: 1, signal: null });
  const started = await home.cli('daemon', 'start');
  expect(started.status).to.equal(1);
  for (const told of [await daemon.stderr, started.stderr]) {
    expect(told).to.include(advice);
    expect(told, 'no stack').not.to.match(/\n {4}at /);
  }
}
