import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { MethodResult } from '../../rpc/contract.ts';
import { rpcFailure } from '../daemon/supervisor/house.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

type Reloaded = MethodResult<'daemon.reload_config'>;

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const stubborn = {
  type: 'exec',
  command: ['sh', '-c', 'trap "" TERM; while :; do sleep 1000 & wait; done'],
  ready: { after: '0s' },
  stop: { timeout: '100ms' },
};

function actions({ plan }: Reloaded): Record<string, string> {
  return Object.fromEntries(plan.map(({ module, key, action }) => [module ?? key ?? '', action]));
}

async function reload(home: TestHome, params: object = {}): Promise<Reloaded> {
  return (await home.rpc()).call('daemon.reload_config', params);
}

async function pidOf(home: TestHome, name: string): Promise<number | null> {
  return (await home.module(name)).pid;
}

describe('reload (row 76)', () => {
  const homes = temporaryHomes();

  it('restarts only what changed, adds, removes, and leaves other pids as they are', async () => {
    const modules = { kept: sleeper, changed: sleeper, gone: stubborn };
    const home = homes.create({ modules, autostart: ['kept', 'changed', 'gone'] });
    await home.start();
    for (const name of Object.keys(modules)) await home.reaches(name, 'running');
    const kept = await pidOf(home, 'kept');
    const changed = await pidOf(home, 'changed');
    home.configure({
      modules: {
        kept: sleeper,
        changed: { ...sleeper, args: ['1'] },
        fresh: sleeper,
        idle: sleeper,
      },
      autostart: ['kept', 'changed', 'fresh'],
      ipc: { max_message: '2M' },
    });

    const planned = await reload(home, { dry_run: true });
    expect(actions(planned)).to.deep.equal({
      'ipc.max_message': 'rejected',
      gone: 'remove',
      kept: 'none',
      changed: 'restart',
      fresh: 'add',
      idle: 'add',
    });
    expect(await pidOf(home, 'changed'), 'a dry run').to.equal(changed);

    expect(await reload(home)).to.deep.equal(planned);
    await home.reaches('fresh', 'running');
    const anew = await until('another pid', async () => {
      const status = await home.module('changed');
      return status.state === 'running' && status.pid !== changed ? status : null;
    });
    expect(anew.restart_count).to.equal(0);
    await until('the removed one is out of the list', async () => {
      const { modules: left } = await (await home.rpc()).call('module.list', {});
      return !left.some(({ module }) => module === 'gone');
    });
    expect(await pidOf(home, 'kept')).to.equal(kept);
    expect((await home.module('idle')).state).to.equal('stopped');
    const again = await reload(home);
    expect(again.changed, 'only what was rejected is left').to.equal(false);
  });

  it('keeps the old configuration when the new one has mistakes: -32008 with all of them (row 68)', async () => {
    const home = homes.create({ modules: { bot: sleeper }, autostart: ['bot'] });
    await home.start();
    const { pid } = await home.reaches('bot', 'running');
    home.configure('daemon: {modules: {bot: {type: exec, comand: [a]}}, logs: {keep: 0}}');
    const error = await rpcFailure(reload(home));
    expect(error.code).to.equal(-32008);
    const { problems } = error.data as { problems: string[] };
    expect(problems.join('\n')).to.include('daemon.modules.bot.comand').and.include('logs.keep');
    const cli = await home.cli('config', 'reload');
    expect(cli.status).to.equal(1);
    expect(cli.stderr).to.include('daemon.modules.bot.comand').and.include('stays in force');
    expect(await pidOf(home, 'bot')).to.equal(pid);
    const shown = await (await home.rpc()).call('config.show', {});
    expect(shown).to.have.nested.property('daemon.logs.keep', 5);
  });

  it('by SIGHUP changes an interval of a running module without touching it (row 68)', async () => {
    const failing = { ...sleeper, command: ['sh', '-c', 'exit 1'], restart: { base_delay: '60s' } };
    const home = homes.create({ modules: { bot: sleeper, failing }, autostart: ['bot'] });
    const daemon = await home.start();
    const { pid } = await home.reaches('bot', 'running');
    const faster = { policy: 'always', base_delay: '0s', max_restarts: 2, jitter: 0 };
    home.configure({
      modules: { bot: { ...sleeper, restart: faster }, failing: { ...failing, restart: faster } },
      autostart: ['bot'],
    });
    for (let count = 0; count < 100; count++) process.kill(daemon, 'SIGHUP');
    await until('it is in force', () =>
      home.storedLines('daemon').some(({ text }) => text === 'configuration reloaded'),
    );
    expect(await pidOf(home, 'bot')).to.equal(pid);
    await home.cli('start', 'failing');
    // With the old delay of a minute it would wait for its first restart.
    expect((await home.reaches('failing', 'failed', 'restart_limit')).restart_count).to.equal(2);
  });

  it('restarts the dependants of what changed, in order, and lets dependencies be taken away', async () => {
    const top = { ...sleeper, depends_on: ['db'] };
    const home = homes.create({ modules: { db: sleeper, top }, autostart: ['top'] });
    await home.start();
    const before = await home.reaches('top', 'running');
    home.configure({ modules: { db: { ...sleeper, env: { A: '1' } }, top }, autostart: ['top'] });
    expect(actions(await reload(home))).to.deep.equal({ db: 'restart', top: 'restart' });
    const after = await until('both are back', async () => {
      const status = await home.module('top');
      return status.state === 'running' && status.pid !== before.pid ? status : null;
    });
    home.configure({ modules: { top: sleeper }, autostart: ['top'] });
    expect(actions(await reload(home))).to.deep.equal({ db: 'remove', top: 'update' });
    await until('the dependency is gone', async () => {
      const { modules } = await (await home.rpc()).call('module.list', {});
      return modules.length === 1;
    });
    expect(await pidOf(home, 'top')).to.equal(after.pid);
  });

  it('lets a failed module be retried by a new retry_failed', async () => {
    const failing = { ...sleeper, command: ['false'], restart: { policy: 'never' } };
    const home = homes.create({ modules: { failing }, autostart: ['failing'] });
    await home.start();
    const { pid } = await home.reaches('failing', 'failed');
    expect(pid).to.equal(null);
    const restart = { ...failing.restart, retry_failed: '1s' };
    home.configure({ modules: { failing: { ...failing, command: ['sleep', '1000'], restart } } });
    await reload(home);
    await home.reaches('failing', 'running');
  });

  it('an operator’s stop outlives it, and what is disabled stops with that reason', async () => {
    const home = homes.create({ modules: { a: sleeper, b: sleeper }, autostart: ['a', 'b'] });
    await home.start();
    await home.reaches('b', 'running');
    await home.cli('stop', 'a');
    home.configure({
      modules: { a: { ...sleeper, args: ['1'] }, b: { ...sleeper, enabled: false } },
      autostart: ['a'],
    });
    await reload(home);
    await home.reaches('b', 'stopped', 'disabled');
    expect((await home.module('a')).reason).to.equal('operator');
    home.configure({ modules: { a: sleeper, b: sleeper }, autostart: ['a', 'b'] });
    await reload(home);
    await home.reaches('b', 'running');
    expect((await home.module('a')).state).to.equal('stopped');
  });

  it('while modules start, stop and back off leaves one copy of each and nothing stuck', async () => {
    const crasher = { ...sleeper, command: ['false'], restart: { base_delay: '10ms', jitter: 0 } };
    const modules = (round: number) => ({
      slow: { ...stubborn, args: [String(round)] },
      crasher: {
        ...crasher,
        args: [String(round)],
        restart: { ...crasher.restart, max_restarts: 1e6 },
      },
    });
    const home = homes.create({ modules: modules(0), autostart: ['slow', 'crasher'] });
    await home.start();
    for (let round = 1; round <= 8; round++) {
      home.configure({ modules: modules(round), autostart: ['slow', 'crasher'] });
      const calls = [reload(home), reload(home), reload(home, { dry_run: true })];
      const changed = (await Promise.all(calls)).map((result) => result.changed);
      expect(changed, `round ${round}`).to.include(true);
    }
    const { status } = await home.cli('daemon', 'stop');
    expect(status).to.equal(0);
    expect(home.processes()).to.deep.equal([]);
  });

  it('on the command line prints what is done and why, and nothing of what is not', async () => {
    const home = homes.create({ modules: { bot: sleeper, other: sleeper }, autostart: ['bot'] });
    await home.start();
    await home.reaches('bot', 'running');
    expect((await home.cli('config', 'reload')).stdout).to.equal('nothing to change\n');
    home.configure({
      modules: { bot: { ...sleeper, args: ['1'] }, other: sleeper },
      autostart: ['bot'],
    });
    const dry = await home.cli('config', 'reload', '--dry-run');
    expect(dry.stdout).to.match(/^MODULE +ACTION +WHY\nbot +restart +args changed\n/);
    expect(dry.stdout).to.include('dry run').and.not.include('other');
    const { stdout } = await home.cli('config', 'reload', '--json');
    expect(actions(JSON.parse(stdout) as Reloaded)).to.include({ bot: 'restart', other: 'none' });
  });

  it('asks with the profile that the daemon was started with', async () => {
    const profiles = { night: ['bot'] };
    const home = homes.create({ modules: { bot: sleeper }, profiles });
    const { status } = await home.cli('daemon', 'start', '--profile', 'night');
    expect(status).to.equal(0);
    await home.reaches('bot', 'running');
    home.configure({
      modules: { bot: sleeper, extra: sleeper },
      profiles: { night: ['bot', 'extra'] },
    });
    await reload(home);
    await home.reaches('extra', 'running');
    home.configure({ modules: { bot: sleeper }, profiles: {} });
    const error = await rpcFailure(reload(home));
    expect(error.code).to.equal(-32008);
    expect(JSON.stringify(error.data)).to.include('night');
  });
});
