import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { packageRoot } from '../../config/paths.ts';
import type { RpcClient } from '../../rpc/client.ts';
import type { Event } from '../../rpc/shapes-event.ts';
import { rpcFailure } from '../daemon/supervisor/house.ts';
import { compiledTree, programs, startNode } from '../support/programs.ts';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const ready = { link: true, timeout: '20s' };
const echo = {
  type: 'node',
  module: join(compiledTree, 'test', 'fixtures', 'event-module.js'),
  ready,
};
const ping = {
  type: 'exec',
  command: ['python3', join(packageRoot(), 'test', 'fixtures', 'event_module.py')],
  env: {
    PYTHONPATH: join(packageRoot(), 'modules', 'api', 'python'),
    PYTHONDONTWRITEBYTECODE: '1',
  },
  ready,
};
const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };

/** What the client hears of the topics from now on. */
async function listen(rpc: RpcClient, ...topics: string[]): Promise<Event[]> {
  const heard: Event[] = [];
  rpc.onNotification((method, params) => {
    if (method === 'events.event') heard.push((params as { event: Event }).event);
  });
  await rpc.call('events.subscribe', { topics });
  return heard;
}

const topicsOf = (events: readonly Event[]) => events.map(({ topic }) => topic);

describe('events between programs', () => {
  const homes = temporaryHomes();

  it('go from a Python module to a Node module and back, and the CLI follows (rows 65 and 70)', async function () {
    if (spawnSync('python3', ['--version']).error !== undefined) this.skip();
    const home = homes.create({ modules: { echo, ping }, autostart: ['echo', 'ping'] });
    await home.start();
    for (const name of ['echo', 'ping']) await home.reaches(name, 'running');
    const rpc = await home.rpc();
    const { child, ended } = startNode(programs.cli, ['events', '--json', 'ping.*', 'pong.*'], {
      env: home.env,
    });
    let followed = '';
    child.stdout!.on('data', (chunk: Buffer) => (followed += chunk.toString()));
    await until('the CLI has subscribed', async () => {
      return (await rpc.call('events.stats')).subscribers === 3;
    });

    for (const data of [{ price: '1.5', ü: [null] }, 'fail', 3])
      await rpc.callAny('ping.publish', { topic: 'ping.sent', data });
    const heard = await until('the answers are back', async () => {
      const answers = (await rpc.callAny('ping.heard')) as unknown[];
      return answers.length === 3 ? answers : null;
    });
    expect(heard).to.deep.equal([
      ['pong.sent', { price: '1.5', ü: [null] }, 'echo'],
      ['pong.sent', 'fail', 'echo'],
      ['pong.sent', 3, 'echo'],
    ]);
    const refused = rpc.callAny('ping.publish', { topic: 'module.ready', data: 1 });
    expect((await rpcFailure(refused)).code).to.equal(-32007);
    await until('the handler that failed is told of', () =>
      home
        .storedLines('ping')
        .some(({ text }) =>
          text.includes("a handler of pong.* failed: ValueError('not this one')"),
        ),
    );

    await until('the CLI has printed them', () => followed.split('\n').length === 7);
    const printed = followed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    expect(printed.map(({ topic, source }) => `${topic} of ${source}`).sort()).to.deep.equal([
      ...Array.from({ length: 3 }, () => 'ping.sent of ping'),
      ...Array.from({ length: 3 }, () => 'pong.sent of echo'),
    ]);
    child.kill('SIGKILL');
    await ended;
    await until('its subscription is gone', async () => {
      return (await rpc.call('events.stats')).subscribers === 2;
    });
    await rpc.callAny('ping.cancel');
    await until('that of the Python module as well', async () => {
      return (await rpc.call('events.stats')).subscribers === 1;
    });
    await rpc.call('module.stop', { module: 'echo' });
    expect(await rpc.call('events.stats')).to.include({ subscribers: 0, failed: 0 });

    const ticks = await listen(rpc, 'tick.*');
    const count = 1500;
    expect(await rpc.callAny('ping.emit', { topic: 'tick.a', count })).to.equal(count);
    await until('those without an answer are heard', () => ticks.length === count);
    expect(ticks.map(({ data }) => data)).to.deep.equal(Array.from({ length: count }, (_, n) => n));
  });

  it('reach modules again after the daemon was replaced under them, and tell of the gap', async () => {
    const home = homes.create({ modules: { echo }, autostart: ['echo'] });
    await home.start();
    await home.reaches('echo', 'running');
    expect((await home.cli('daemon', 'restart', '--keep-modules')).status).to.equal(0);
    const rpc = await home.rpc();
    const heard = await listen(rpc, 'pong.*');
    await until('it has subscribed anew', async () => {
      return (await rpc.call('events.stats')).subscribers === 2;
    });
    await rpc.call('events.publish', { topic: 'ping.sent', data: 'anew' });
    await until('it has answered', () => heard.length > 0);
    expect(heard[0]).to.deep.include({ topic: 'pong.sent', data: 'anew', source: 'echo' });
    const lost = await until('the gap is told of', () => {
      const found = home.storedLines('echo').filter(({ text }) => text === 'lost');
      return found.length > 0 && found;
    });
    expect(lost.map(({ fields }) => fields?.['count'])).to.deep.equal([null]);
  });

  it('tell of every transition of a module in its order, also of a crash (rows 51, 61 and 83)', async () => {
    const restart = { base_delay: '10ms', jitter: 0, max_restarts: 1 };
    const home = homes.create({ modules: { sleeper: { ...sleeper, restart } } });
    await home.start();
    const rpc = await home.rpc();
    const heard = await listen(rpc, 'module.**');
    const first = await rpc.call('module.start', { module: 'sleeper' });
    process.kill(first.pid!, 'SIGKILL');
    await until('it runs again', () => topicsOf(heard).includes('module.restarted'));
    const second = await home.reaches('sleeper', 'running');
    process.kill(second.pid!, 'SIGKILL');
    await until('it has failed', () => topicsOf(heard).includes('module.failed'));
    const health = ['module.healthy', 'module.unhealthy'];
    const words = topicsOf(heard)
      .filter((topic) => !health.includes(topic))
      .map((topic) => topic.replace('module.', ''));
    expect(words.join(' ')).to.equal(
      'starting ready started crashed restarting starting ready started restarted crashed failed',
    );
    const crashed = heard.find(({ topic }) => topic === 'module.crashed');
    expect(crashed?.data).to.deep.include({ module: 'sleeper', pid: first.pid, restart_count: 0 });
    const failed = heard.find(({ topic }) => topic === 'module.failed');
    expect(failed?.data).to.deep.include({ reason: 'restart_limit', restart_count: 1 });
    expect((failed?.data as { last_error: string }).last_error).to.include('SIGKILL');
    const kept = await rpc.call('events.history', { topics: ['module.crashed'] });
    expect(topicsOf(kept.events)).to.deep.equal(['module.crashed', 'module.crashed']);
  });

  it('tell who listens that SIGHUP has put another value in force, or was rejected (row 68)', async () => {
    const home = homes.create({ modules: { echo }, autostart: ['echo'] });
    const pid = await home.start();
    await home.reaches('echo', 'running');
    const rpc = await home.rpc();
    const heard = await listen(rpc, 'config.*');
    home.configure({ modules: { echo }, autostart: ['echo'], logs: { level: 'debug' } });
    process.kill(pid, 'SIGHUP');
    await until('it is reloaded', () => heard.length === 1);
    expect(heard[0]).to.deep.include({ topic: 'config.reloaded', source: 'daemon' });
    const { changed, plan } = heard[0]?.data as { changed: boolean; plan: { key: string }[] };
    expect({ changed, keys: plan.map(({ key }) => key) }).to.deep.equal({
      changed: true,
      keys: ['logs.level'],
    });
    const level = await rpc.call('config.get', { path: 'daemon.logs.level' });
    expect(level.value).to.equal('debug');
    const told = await until('the module has heard it', async () => {
      const all = (await rpc.callAny('echo.heard')) as { topic: string }[];
      return all.find(({ topic }) => topic === 'config.reloaded');
    });
    expect(told).to.have.nested.property('data.changed', true);

    home.configure('daemon: {logs: {keep: 0}}');
    process.kill(pid, 'SIGHUP');
    await until('it is rejected', () => heard.length === 2);
    expect(heard[1]?.topic).to.equal('config.rejected');
    expect(JSON.stringify(heard[1]?.data)).to.include('logs.keep');
    expect((await rpc.call('config.get', { path: 'daemon.logs.keep' })).value).to.equal(5);
  });
});
