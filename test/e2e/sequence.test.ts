import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readdirSync } from 'node:fs';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const config = { modules: { sleeper }, autostart: ['sleeper'] };

describe('start-up and shutdown', () => {
  const homes = temporaryHomes();

  it('log their eleven steps in order, and "system.ready" comes last (row 90)', async () => {
    const home = homes.create(config);
    const daemon = await home.foreground().ready();
    const known = [1, 2, 3, 4, 5, 'custody', 6, 7, 8, 9, 10, 11];
    await until('all steps are logged', () => steps(home).length === known.length);
    expect(steps(home)).to.deep.equal(known);
    const { events } = await (await home.rpc()).call('events.history', { topics: ['system.*'] });
    expect(events.map(({ topic, data }) => ({ topic, data }))).to.deep.equal([
      { topic: 'system.ready', data: { pid: daemon.pid, modules: ['sleeper'] } },
    ]);
    expect(textsOf(home).indexOf('system ready')).to.be.greaterThan(
      textsOf(home).indexOf('wanted modules are starting'),
    );
  });

  it('tell of the shutdown first, close the bus after the modules, and say goodbye last (row 91)', async () => {
    const home = homes.create(config);
    const daemon = await home.foreground().ready();
    await home.reaches('sleeper', 'running');
    const startedCount = home.storedLines('daemon').length;
    const rpc = await home.rpc();
    const heard: string[] = [];
    rpc.onNotification((method, params) => {
      if (method !== 'events.event') return;
      heard.push((params as { event: { topic: string } }).event.topic);
    });
    await rpc.call('events.subscribe', { topics: ['system.*', 'module.stopped'] });
    await daemon.stop();
    await rpc.closed;
    expect(heard).to.deep.equal(['system.shutdown', 'module.stopped']);

    const shutdown = home.storedLines('daemon').slice(startedCount);
    const numbers = shutdown.flatMap(({ fields }) => fields?.['step'] ?? []) as number[];
    expect(numbers).to.deep.equal([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers)).to.deep.equal(new Set([1, 2, 3, 4, 5, 6, 7, 8, 10, 11]));
    const texts = shutdown.map(({ text }) => text);
    const order = ['shutdown begins', 'scheduler stopped', 'watchdog stopped'];
    order.push('sleeper is stopped', 'RPC closed', 'cache closed', 'event bus closed', 'goodbye');
    expect(texts.filter((text) => order.includes(text))).to.deep.equal(order);
    expect(texts.at(-1)).to.equal('goodbye');
  });

  it('answer RPC before the autostarted modules are ready', async () => {
    const slow = { ...sleeper, ready: { after: '1h', timeout: '2h' } };
    const home = homes.create({ modules: { slow }, autostart: ['slow'] });
    await home.start();
    const { state, wanted } = await home.module('slow');
    expect({ state, wanted }).to.deep.equal({ state: 'starting', wanted: 'up' });
  });

  it('leave nothing but state, journal, logs and data: no pid file, socket or process (rows 76 and 91)', async () => {
    const home = homes.create(config);
    const pid = await home.start();
    await home.reaches('sleeper', 'running');
    const status = await (await home.rpc()).call('daemon.status');
    expect(status).to.include({ status: 'running', pid, home: home.path });
    expect(status.modules['sleeper']).to.include({ state: 'running', wanted: 'up' });
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect(readdirSync(home.path).sort()).to.deep.equal(['data', 'journal', 'logs', 'state.json']);
    expect(home.processes()).to.deep.equal([]);
  });

  it('start the modules of autostart side by side, whatever becomes of one of them (row 94)', async () => {
    const once = { restart: { policy: 'never' } };
    const crashing = {
      ...sleeper,
      ...once,
      command: ['sh', '-c', 'exit 3'],
      ready: { after: '1h', timeout: '2h' },
    };
    const missing = { ...sleeper, command: ['/nonexistent/program'] };
    const home = homes.create({
      modules: { crashing, missing, sleeper, unlisted: sleeper },
      autostart: ['crashing', 'missing', 'sleeper'],
    });
    await home.start();
    await home.reaches('crashing', 'failed', 'crashed');
    await home.reaches('missing', 'import_failed');
    await home.reaches('sleeper', 'running');
    expect(await home.module('unlisted')).to.include({ state: 'stopped', wanted: 'down' });
    const status = await (await home.rpc()).call('daemon.status');
    expect(status).to.include({ status: 'running' });
  });

  it('bring back what was up, and nothing else', async () => {
    const other = { ...sleeper };
    const home = homes.create({ modules: { sleeper, other }, autostart: ['sleeper'] });
    await home.start();
    expect((await home.cli('start', 'other')).status).to.equal(0);
    expect((await home.cli('stop', 'sleeper')).status).to.equal(0);
    expect((await home.cli('daemon', 'restart')).status).to.equal(0);
    await home.reaches('other', 'running');
    await home.reaches('sleeper', 'stopped', 'operator');
  });
});

function textsOf(home: TestHome): string[] {
  return home.storedLines('daemon').map(({ text }) => text);
}

function steps(home: TestHome): unknown[] {
  return home.storedLines('daemon').flatMap(({ fields }) => fields?.['step'] ?? []);
}
