import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/paths.ts';
import type { ModuleStatus } from '../../rpc/shapes.ts';
import type { Balance } from '../../rpc/shapes-trading.ts';
import { isRunning } from '../support/processes.ts';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

/** The shipped trading module beside one that prints numbered lines. */
const config = {
  modules: {
    trading: {
      module: 'superbot:trading',
      params: { mode: 'replay', speed: 5 },
      ready: { link: true },
    },
    counter: { type: 'exec', command: [join(packageRoot(), 'test/fixtures/numbered-lines.sh')] },
  },
  autostart: ['trading', 'counter'],
};

describe('a day with SuperBot, from start to stop', function () {
  const homes = temporaryHomes('all');
  const home = homes.create(config);
  let tradingPid = 0;
  let daemonPid = 0;

  async function json<T>(...args: string[]): Promise<T> {
    const { status, stdout, stderr } = await home.cli(...args, '--json');
    expect(status, stdout + stderr).to.equal(0);
    return JSON.parse(stdout) as T;
  }

  it('starts in the background, and starting it again changes nothing', async () => {
    daemonPid = await home.start();
    expect(await home.start()).to.equal(daemonPid);
  });

  it('stops the autostarted trading module and starts it with other params', async () => {
    await home.reaches('trading', 'running');
    expect((await home.cli('module', 'stop', 'trading')).status).to.equal(0);
    const started = await json<ModuleStatus & { changed: boolean }>(
      ...['module', 'start', 'trading', '--param', 'speed=50'],
    );
    expect(started).to.include({ changed: true, state: 'running' });
    expect(started.params).to.deep.equal({ mode: 'replay', speed: 50 });
  });

  it('answers the balance in exact decimals', async () => {
    const balance = await json<Balance>('trading', 'balance');
    expect(balance.cash)
      .to.be.a('string')
      .and.match(/^\d+(\.\d+)?$/);
    expect(balance.starting_cash).to.equal('10000');
  });

  it('shows the module up and running', async () => {
    const status = await json<ModuleStatus>('module', 'status', 'trading');
    expect(status).to.include({ state: 'running', wanted: 'up', restart_count: 0 });
    tradingPid = status.pid ?? 0;
    expect(isRunning(tradingPid)).to.equal(true);
  });

  it('brings a killed module back within five seconds, and counts it', async () => {
    process.kill(tradingPid, 'SIGKILL');
    const back = await until(
      'a new pid',
      async () => {
        const status = await home.module('trading');
        return status.pid !== null && status.pid !== tradingPid ? status : null;
      },
      5000,
    );
    expect(back.restart_count).to.equal(1);
    expect(back.last_exit).to.include({ code: null, signal: 'SIGKILL' });
    tradingPid = (await home.reaches('trading', 'running')).pid ?? 0;
  });

  it('is killed while its modules trade on, and the next daemon adopts them', async () => {
    const counterPid = (await home.module('counter')).pid ?? 0;
    process.kill(daemonPid, 'SIGKILL');
    await until('the daemon is dead', () => !isRunning(daemonPid));
    const linesThen = home.storedLines('counter').length;
    await until('the counter goes on', () => home.storedLines('counter').length > linesThen + 20);
    expect(isRunning(tradingPid)).to.equal(true);

    expect(await home.start()).to.not.equal(daemonPid);
    const trading = await home.reaches('trading', 'running');
    expect(trading).to.include({ pid: tradingPid, restart_count: 1 });
    expect(trading.params).to.deep.equal({ mode: 'replay', speed: 50 });
    expect(await home.module('counter')).to.include({ pid: counterPid, restart_count: 0 });
    // Its link has found the new daemon.
    await until('trading answers', async () => {
      return (await home.cli('trading', 'balance')).status === 0;
    });
  });

  it('has lost no line and doubled none', async () => {
    await home.cli('module', 'stop', 'counter');
    const texts = home.storedLines('counter').map(({ text }) => text);
    expect(texts.length).to.be.greaterThan(50);
    expect(texts).to.deep.equal(texts.map((_, index) => `line ${index + 1}`));
    const seqs = home.storedLines('counter').map(({ seq }) => seq);
    expect(seqs).to.deep.equal(seqs.map((_, index) => index + 1));
  });

  it('says by its exit status what became of a command', async () => {
    expect((await home.cli('module', 'stop', 'trading')).status).to.equal(0);
    const again = await json<{ changed: boolean }>('module', 'stop', 'trading');
    expect(again.changed).to.equal(false);
    expect((await home.cli('module', 'start', 'nosuch')).status).to.equal(4);
    const balance = await home.cli('trading', 'balance', '--json');
    expect(balance.status).to.equal(1);
    expect(JSON.parse(balance.stdout)).to.have.nested.property('error.code', -32004);
  });

  it('stops without leaving a process or a file of its own', async () => {
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect((await home.cli('daemon', 'status')).status).to.equal(3);
    expect(home.processes()).to.deep.equal([]);
    expect(readdirSync(home.path).sort()).to.deep.equal(['data', 'journal', 'logs', 'state.json']);
    const steps = home.storedLines('daemon').map(({ text }) => text);
    expect(steps.at(-1)).to.equal('goodbye');
    expect(readFileSync(home.paths.state, 'utf8')).to.include('"operator": "down"');
  });
});
