import { expect } from 'chai';
import { describe, it } from 'mocha';
import { existsSync } from 'node:fs';
import { isRunning } from '../support/processes.ts';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
/** With a child of its own, and both deaf to SIGTERM. */
const stubborn = {
  type: 'exec',
  command: ['sh', '-c', 'trap "" TERM; sleep 1000 & while :; do sleep 1000; done'],
  ready: { after: '0s' },
  stop: { timeout: '1h' },
};

describe('signals to the daemon', () => {
  const homes = temporaryHomes();

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`${signal} stops modules and keeper, and it exits 0`, async () => {
      const home = homes.create({ modules: { sleeper }, autostart: ['sleeper'] });
      const daemon = await home.foreground().ready();
      await home.reaches('sleeper', 'running');
      expect(await daemon.stop(signal)).to.deep.equal({ status: 0, signal: null });
      expect(home.processes()).to.deep.equal([]);
    });
  }

  it('SIGTERM while it starts stops it as well', async () => {
    const home = homes.create({ modules: { sleeper }, autostart: ['sleeper'] });
    const daemon = home.foreground();
    await until('the daemon has begun', () =>
      home.processes().length > 1 ? home.processes() : null,
    );
    expect(await daemon.stop()).to.deep.equal({ status: 0, signal: null });
    expect(home.processes()).to.deep.equal([]);
  });

  it('SIGTERM at its first word stops it as well, and leaves nothing behind', async () => {
    const home = homes.create({ modules: { sleeper }, autostart: ['sleeper'] });
    const daemon = home.foreground();
    daemon.child.stdout?.once('data', () => daemon.child.kill('SIGTERM'));
    expect(await daemon.ended).to.deep.equal({ status: 0, signal: null });
    expect(home.processes()).to.deep.equal([]);
    for (const path of [home.paths.daemonPid, home.paths.socket, home.paths.runDir])
      expect(existsSync(path), path).to.equal(false);
  });

  it('a second SIGTERM kills every tree, and it exits 130', async () => {
    const home = homes.create({
      modules: { stubborn },
      autostart: ['stubborn'],
      shutdown: { timeout: '1h' },
    });
    const daemon = await home.foreground().ready();
    // After its trap.
    await until('its children run', () => home.processes().length === 5);
    daemon.child.kill('SIGTERM');
    await until('the module is stopping', () =>
      home.storedLines('daemon').some(({ text }) => text === 'stubborn is stopping'),
    );
    expect(home.processes()).to.have.length.greaterThan(3);
    expect(await daemon.stop()).to.deep.equal({ status: 130, signal: null });
    expect(home.processes()).to.deep.equal([]);
  });

  it('SIGHUP without a terminal leaves it and its modules alone', async () => {
    const home = homes.create({ modules: { sleeper }, autostart: ['sleeper'] });
    const pid = await home.start();
    const before = await home.reaches('sleeper', 'running');
    process.kill(pid, 'SIGHUP');
    await until('it has noticed', () =>
      home.storedLines('daemon').some(({ text }) => text.includes('read again: unchanged')),
    );
    expect(isRunning(pid)).to.equal(true);
    expect((await home.module('sleeper')).pid).to.equal(before.pid);
  });
});
