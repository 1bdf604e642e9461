import { expect } from 'chai';
import { describe, it } from 'mocha';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { programs } from '../support/programs.ts';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const config = { modules: { sleeper }, autostart: ['sleeper'] };

describe('SIGHUP', () => {
  const homes = temporaryHomes();

  it('a hundred times over leaves daemon and modules as they are, and is answered in between', async () => {
    const home = homes.create(config);
    const pid = await home.start();
    const before = await home.reaches('sleeper', 'running');
    const rpc = await home.rpc();
    for (let count = 0; count < 100; count++) {
      process.kill(pid, 'SIGHUP');
      if (count % 10 === 0) expect((await rpc.call('daemon.status')).pid).to.equal(pid);
    }
    expect(await rpc.call('module.status', { module: 'sleeper' })).to.include({
      state: 'running',
      pid: before.pid,
      restart_count: 0,
    });
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
  });

  it('of a terminal that is closed stops a daemon in its foreground as SIGTERM does', async function () {
    if (spawnSync('script', ['--version']).error !== undefined) {
      if (this.test) this.test.title += ' (skipped: script(1) is not installed)';
      this.skip();
    }
    const home = homes.create(config);
    // script(1) gives it a terminal of its own, which closes when script is killed.
    const terminal = spawn(
      'script',
      ['--quiet', '--command', `exec "${process.execPath}" "${programs.daemon}"`, '/dev/null'],
      { env: { ...home.env }, stdio: ['pipe', 'ignore', 'ignore'] },
    );
    await once(terminal, 'spawn');
    await until('it serves', async () => {
      return (await home.cli('daemon', 'status')).status === 0;
    });
    await home.reaches('sleeper', 'running');
    terminal.kill('SIGKILL');
    await until('everything is stopped', () => home.processes().length === 0);
    const told = home.storedLines('daemon').map(({ text }) => text);
    expect(told.at(-1)).to.equal('goodbye');
    expect(
      home.storedLines('daemon').flatMap(({ fields }) => fields?.['signal'] ?? []),
    ).to.deep.equal(['SIGHUP (the terminal is gone)']);
  });
});
