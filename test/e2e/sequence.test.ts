import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readdirSync } from 'node:fs';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const config = { modules: { sleeper }, autostart: ['sleeper'] };

describe('start-up and shutdown', () => {
  const homes = temporaryHomes();

  it('log their steps in order, "system ready" and "goodbye" last', async () => {
    const home = homes.create(config);
    const daemon = await home.foreground().ready();
    await home.reaches('sleeper', 'running');
    expect(steps(home)).to.deep.equal([1, 2, 3, 4, 5, 'custody', 6, 9, 10]);
    const startedCount = home.storedLines('daemon').length;

    await daemon.stop();
    const shutdown = home.storedLines('daemon').slice(startedCount);
    const numbers = shutdown.flatMap(({ fields }) => fields?.['step'] ?? []) as number[];
    expect(numbers).to.deep.equal([...numbers].sort((a, b) => a - b));
    expect(numbers).to.include.members([1, 4, 5, 10, 11]);
    expect(shutdown.at(-1)?.text).to.equal('goodbye');
    const texts = shutdown.map(({ text }) => text);
    expect(texts.indexOf('sleeper is stopped')).to.be.lessThan(texts.indexOf('RPC closed'));
  });

  it('answer RPC before the autostarted modules are ready', async () => {
    const slow = { ...sleeper, ready: { after: '1h', timeout: '2h' } };
    const home = homes.create({ modules: { slow }, autostart: ['slow'] });
    await home.start();
    const { state, wanted } = await home.module('slow');
    expect({ state, wanted }).to.deep.equal({ state: 'starting', wanted: 'up' });
  });

  it('leave nothing but state, journal, logs and data', async () => {
    const home = homes.create(config);
    await home.start();
    await home.reaches('sleeper', 'running');
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect(readdirSync(home.path).sort()).to.deep.equal(['data', 'journal', 'logs', 'state.json']);
    expect(home.processes()).to.deep.equal([]);
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

function steps(home: TestHome): unknown[] {
  return home.storedLines('daemon').flatMap(({ fields }) => fields?.['step'] ?? []);
}
