import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { startModule } from '../../../daemon/supervisor/operations.ts';
import { rpcFailure, TestHouse } from './house.ts';
import type { ModuleOptions } from './test-module.ts';

const modules: Record<string, ModuleOptions> = {
  bot: { params: { mode: 'paper', speed: 1 } },
  slow: { ready: { kind: 'link', timeoutMs: 30_000 } },
  off: { enabled: false },
  missing: { command: ['no-such-program'] },
};

describe('what an operator is answered (row 77)', () => {
  let house: TestHouse;

  before(async () => {
    house = await TestHouse.open({ modules });
  });

  afterEach(async () => {
    for (const name of house.supervisor.names) await house.stop(name);
  });

  after(() => house.close());

  it('is "changed" for a start, and not for another one', async () => {
    expect(await house.start('bot')).to.include({ state: 'running', changed: true });
    expect(await house.start('bot')).to.include({ state: 'running', changed: false });
  });

  it('is "not changed" for a stop of what is stopped', async () => {
    expect(await house.stop('bot')).to.include({ state: 'stopped', changed: false });
  });

  it('is a new pid for a restart, also of what is stopped', async () => {
    const first = await house.restart('bot');
    const second = await house.restart('bot');
    expect(first).to.include({ state: 'running', changed: true });
    expect(second.pid).not.to.equal(first.pid);
  });

  it('merges params shallowly over the configured ones', async () => {
    const { params } = await house.start('bot', { params: { speed: 2, filter: { a: 1 } } });
    expect(params).to.deep.equal({ mode: 'paper', speed: 2, filter: { a: 1 } });
  });

  it('is "not changed" for params that the running module has', async () => {
    await house.start('bot', { params: { speed: 2 } });
    const same = await house.start('bot', { params: { speed: 2, mode: 'paper' } });
    expect(same.changed).to.equal(false);
  });

  it('is a refusal with the running params for other ones', async () => {
    await house.start('bot', { params: { speed: 2 } });
    const error = await rpcFailure(house.start('bot', { params: { speed: 3 } }));
    expect(error).to.include({ code: -32007 });
    expect(error.data).to.deep.equal({
      reason: 'running',
      running_params: { mode: 'paper', speed: 2 },
    });
  });

  it('goes back to the configured params for a start or restart without any', async () => {
    await house.start('bot', { params: { speed: 2 } });
    expect((await house.restart('bot')).params).to.deep.equal(modules['bot']!.params);
    await house.restart('bot', { params: { speed: 3 } });
    await house.stop('bot');
    expect((await house.start('bot')).params).to.deep.equal(modules['bot']!.params);
  });

  it('keeps the params for automatic restarts', async () => {
    await house.start('bot', { params: { speed: 2 } });
    process.kill(house.status('bot').pid!, 'SIGKILL');
    await house.reaches('bot', 'restarting');
    await house.clock.advance(1000);
    const { params } = await house.reaches('bot', 'running');
    expect(params).to.deep.equal({ mode: 'paper', speed: 2 });
  });

  it('comes at once, with the state so far, when it does not wait', async () => {
    expect(await house.start('slow', { wait: false })).to.include({ state: 'starting' });
    expect(await house.stop('slow', { wait: false })).to.include({ changed: true });
    await house.reaches('slow', 'stopped');
  });

  it('is "timed out, still in progress" after the timeout, and the start goes on', async () => {
    const started = rpcFailure(house.start('slow', { timeoutMs: 100 }));
    await house.reaches('slow', ({ pid }) => pid !== null);
    await house.clock.advance(100);
    const error = await started;
    expect(error).to.include({ code: -32006 });
    expect(error.data).to.deep.equal({ state: 'starting' });
    expect(house.status('slow').state).to.equal('starting');
  });

  it('is a refusal for what is disabled', async () => {
    for (const refused of [house.start('off'), house.restart('off')]) {
      const error = await rpcFailure(refused);
      expect(error).to.include({ code: -32007 });
      expect(error.data).to.deep.equal({ reason: 'disabled' });
    }
  });

  it('is a refusal for a restart of what could not be launched, save with force (rows 57 and 63)', async () => {
    expect(await rpcFailure(house.start('missing'))).to.include({ code: -32003 });
    const refused = await rpcFailure(house.restart('missing'));
    expect(refused).to.include({ code: -32007 });
    expect(refused.data).to.deep.equal({ reason: 'import_failed' });
    const forced = await rpcFailure(house.restart('missing', { force: true }));
    expect(forced).to.include({ code: -32003 });
    expect(await house.stop('missing')).to.include({ state: 'stopped', changed: true });
  });

  it('ends for a caller that has gone, and what it asked for goes on', async () => {
    const caller = new AbortController();
    const { signal } = caller;
    const cause = { by: 'operator', method: 'module.start' } as const;
    const options = { cause, params: {}, wait: true, timeoutMs: null, signal };
    const gone = startModule(house.module('slow'), options).catch((error: unknown) => error);
    caller.abort(new Error('the connection is gone'));
    expect(await gone).to.include({ message: 'the connection is gone' });
    await house.reaches('slow', ({ pid }) => pid !== null);
  });

  it('is "no such module" for a name that nobody has, also one of JavaScript’s own', () => {
    for (const name of ['nobody', 'constructor', '__proto__', '']) {
      expect(() => house.supervisor.get(name))
        .to.throw()
        .with.property('code', -32002);
    }
  });
});

describe('what an operator is answered while the daemon ends', () => {
  it('is a refusal', async () => {
    const house = await TestHouse.open({ modules: { bot: {} } });
    try {
      await house.supervisor.stopAll(1000);
      expect(() => house.supervisor.operable('bot'))
        .to.throw()
        .with.property('code', -32007);
    } finally {
      await house.close();
    }
  });
});
