import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { healthEvent } from '../../../daemon/bus/module-events.ts';
import { occurrenceInWords } from '../../../daemon/journal/wording.ts';
import type { DependencyCondition } from '../../../config/effective.ts';
import {
  type Graph,
  holdOf,
  neededBy,
  type Neighbour,
  runningDependants,
  unmetDependencies,
} from '../../../daemon/supervisor/dependencies.ts';
import { RpcError } from '../../../rpc/errors.ts';
import { fixture } from './test-module.ts';
import { rpcFailure, TestHouse } from './house.ts';
import { until } from '../../support/until.ts';

function neighbour(
  dependsOn: Record<string, DependencyCondition> = {},
  facts: Partial<Neighbour> = {},
): Neighbour {
  return {
    dependsOn: new Map(Object.entries(dependsOn)),
    wants: [],
    state: 'stopped',
    health: 'unknown',
    claim: null,
    finished: false,
    launched: false,
    launchAgain: false,
    ...facts,
  };
}

const up = { state: 'running', launched: true, claim: 'up' } as const;
const graphOf = (modules: Record<string, Neighbour>): Graph => new Map(Object.entries(modules));

describe('what dependencies mean', () => {
  const rows: [string, Partial<Neighbour>, DependencyCondition, string | null, boolean][] = [
    ['runs', up, 'ready', null, true],
    ['runs, nobody knows how', up, 'healthy', null, false],
    ['runs and is well', { ...up, health: 'healthy' }, 'healthy', null, true],
    ['runs and is not well', { ...up, health: 'degraded' }, 'healthy', null, false],
    ['starts', { ...up, state: 'starting' }, 'ready', null, false],
    ['starts', { ...up, state: 'starting' }, 'started', null, true],
    ['waits to start', { ...up, state: 'starting', launched: false }, 'started', null, false],
    ['waits out a crash', { claim: 'up', state: 'restarting' }, 'ready', null, false],
    ['was stopped by an operator', { claim: 'down' }, 'ready', 'dependency_stopped', false],
    ['has failed', { claim: 'up', state: 'failed' }, 'ready', 'dependency_failed', false],
    ['could not be launched', { state: 'import_failed' }, 'ready', 'dependency_failed', false],
    ['is to be launched anew', { ...up, launchAgain: true }, 'ready', 'dependency_stopped', false],
    ['has finished', { claim: 'down', finished: true }, 'completed', null, true],
    ['has finished', { claim: 'down', finished: true }, 'ready', 'dependency_stopped', false],
    ['is wanted by nobody else', {}, 'ready', null, false],
  ];
  for (const [title, facts, condition, reason, met] of rows) {
    it(`of a module that ${title}, for one that needs it ${condition}`, () => {
      const graph = graphOf({ db: neighbour({}, facts), bot: neighbour({ db: condition }) });
      expect(holdOf('bot', graph)?.reason ?? null).to.equal(reason);
      expect(unmetDependencies('bot', graph)).to.deep.equal(met ? [] : ['db']);
    });
  }

  it('reach through others', () => {
    const graph = graphOf({
      disk: neighbour({}, { state: 'failed', claim: 'up' }),
      db: neighbour({ disk: 'ready' }),
      bot: neighbour({ db: 'ready' }, { claim: 'up' }),
    });
    expect(holdOf('bot', graph)).to.deep.equal({ reason: 'dependency_failed', dependency: 'db' });
    expect(neededBy('disk', graph)).to.equal('bot');
    expect(neededBy('bot', graph)).to.equal(null);
  });

  it('name the running dependants, the ends of the chains first', () => {
    const graph = graphOf({
      db: neighbour({}, up),
      bot: neighbour({ db: 'ready' }, up),
      view: neighbour({ bot: 'ready' }, up),
      idle: neighbour({ db: 'ready' }),
      after: neighbour({ db: 'completed' }, up),
    });
    expect(runningDependants('db', graph)).to.deep.equal(['view', 'bot']);
  });
});

describe('modules that depend on each other', () => {
  let house: TestHouse;
  afterEach(() => house.close());

  const chain = {
    db: {},
    bot: { dependsOn: new Map([['db', 'ready' as const]]) },
    view: { dependsOn: new Map([['bot', 'ready' as const]]) },
  };
  const states = () => ['db', 'bot', 'view'].map((name) => house.status(name).state);

  it('start what they need first, though nobody else wants it (rows 52 and 72)', async () => {
    house = await TestHouse.open({ modules: chain });
    await house.start('view');
    expect(states()).to.deep.equal(['running', 'running', 'running']);
    const started = house.transitions.filter(({ event }) => event === 'ready');
    expect(started.map(({ module }) => module)).to.deep.equal(['db', 'bot', 'view']);
    expect(house.status('db').wanted).to.equal('up');
  });

  it('start without what they only want, after a while, and soon when it is there (row 52)', async () => {
    const bot = { wants: ['db'] };
    house = await TestHouse.open({ modules: { db: {}, bot, other: bot } });
    await house.stop('db');
    const started = house.start('bot');
    let waitedMs = 0;
    await until('it is launched', async () => {
      if (house.status('bot').pid !== null) return true;
      await house.clock.advance(250);
      waitedMs += 250;
      return false;
    });
    expect(waitedMs).to.be.at.least(5000);
    expect(await started).to.include({ state: 'running' });
    expect(house.status('db')).to.include({ state: 'stopped', wanted: 'down' });
    expect(house.status('bot').health, 'its health without db').to.equal('degraded');
    await house.start('db');
    expect(house.status('bot').health, 'its health with db').to.equal('unknown');
    const told = house.occurrences.filter((one) => one.kind === 'wants');
    expect(told.map(({ missed, status }) => [status.module, ...missed])).to.deep.equal([
      ['bot', 'db'],
      ['bot'],
    ]);
    expect(occurrenceInWords(told[0]!).text).to.equal(
      'degraded: it runs without db, which it wants',
    );
    expect(healthEvent(told[0]!)).to.deep.include({ topic: 'module.degraded' });
    expect(await house.start('other')).to.include({ state: 'running' });
  });

  it('are not stopped under a dependant, unless the whole chain is to stop, the end first', async () => {
    house = await TestHouse.open({ modules: chain, autostart: ['view'] });
    await house.reaches('view', 'running');
    const refusal = await rpcFailure(house.stop('db'));
    expect(refusal.is('refused')).to.equal(true);
    expect(refusal.data).to.deep.include({ reason: 'dependants', dependants: ['view', 'bot'] });

    const answer = await house.stop('db', { cascade: true });
    expect(answer.also).to.deep.equal(['view', 'bot']);
    expect(states()).to.deep.equal(['stopped', 'stopped', 'stopped']);
    expect(house.status('bot').reason).to.equal('dependency_stopped');
    const gone = house.transitions.filter(({ event }) => event === 'gone');
    expect(gone.map(({ module }) => module)).to.deep.equal(['view', 'bot', 'db']);
  });

  it('return when what they depend on returns', async () => {
    house = await TestHouse.open({ modules: chain, autostart: ['view'] });
    await house.reaches('view', 'running');
    await house.stop('db', { cascade: true });
    await house.start('db');
    await house.reaches('view', 'running');
    expect(states()).to.deep.equal(['running', 'running', 'running']);
  });

  it('go and come back with a restart that cascades', async () => {
    house = await TestHouse.open({ modules: chain, autostart: ['view'] });
    await house.reaches('view', 'running');
    const pids = ['db', 'bot', 'view'].map((name) => house.status(name).pid);
    const answer = await house.restart('db', { cascade: true });
    expect(answer.also).to.deep.equal(['view', 'bot']);
    await house.reaches('view', ({ state, pid }) => state === 'running' && pid !== pids[2]);
    expect(['db', 'bot', 'view'].map((name) => house.status(name).pid)).to.not.include.members(
      pids,
    );
  });

  it('answer −32005 at once when a dependency was stopped by an operator', async () => {
    house = await TestHouse.open({ modules: chain });
    await house.stop('db');
    const failure = await rpcFailure(house.start('bot'));
    expect(failure).to.be.instanceOf(RpcError);
    expect(failure.is('dependency')).to.equal(true);
    expect(failure.data).to.deep.equal({ dependency: 'db', why: 'it is stopped' });
    await house.start('db');
    await house.reaches('bot', 'running');
  });

  it('stop when a dependency fails for good, and come back when it does (row 58)', async () => {
    const mended = join(tmpdir(), `mended-${process.pid}`);
    const db = {
      command: ['/bin/sh', '-c', `test -e ${mended} || exit 3; exec sleep 600`] as const,
      restart: { policy: 'never' as const },
      ready: { kind: 'after', afterMs: 60_000, timeoutMs: 90_000 } as const,
    };
    house = await TestHouse.open({ modules: { ...chain, db } });
    const failure = await rpcFailure(house.start('bot'));
    expect(failure.is('dependency')).to.equal(true);
    expect(house.status('db')).to.include({ state: 'failed', reason: 'crashed' });
    expect(house.status('bot')).to.include({ state: 'stopped', reason: 'dependency_failed' });
    expect(house.status('bot').wanted).to.equal('up');

    writeFileSync(mended, '');
    try {
      const started = house.start('db');
      await house.reaches('db', ({ pid }) => pid !== null);
      await house.clock.advance(60_000);
      await started;
      await house.reaches('bot', 'running');
    } finally {
      rmSync(mended);
    }
  });

  it('stay up through a crash of what they depend on', async () => {
    house = await TestHouse.open({ modules: chain, autostart: ['view'] });
    await house.reaches('view', 'running');
    const { pid } = house.status('view');
    process.kill(house.status('db').pid ?? 0, 'SIGKILL');
    await house.reaches('db', 'restarting');
    await house.clock.advance(2000);
    await house.reaches('db', 'running');
    expect(house.status('view')).to.include({ state: 'running', pid });
  });

  it('all stop with the daemon, the ends of the chains first (row 52)', async () => {
    house = await TestHouse.open({ modules: chain, autostart: ['view'] });
    await house.reaches('view', 'running');
    expect(await house.supervisor.stopAll(30_000)).to.deep.equal([]);
    const gone = house.transitions.filter(({ event }) => event === 'gone');
    expect(gone.map(({ module }) => module)).to.deep.equal(['view', 'bot', 'db']);
  });

  it('refuse the start of one that has failed at once too, and start it when they are back', async () => {
    const bot = {
      dependsOn: new Map([['base', 'ready' as const]]),
      ready: { kind: 'link', timeoutMs: 30_000 } as const,
      command: fixture('exits-with.sh', '78'),
    };
    house = await TestHouse.open({ modules: { base: {}, bot } });
    await house.start('base');
    await rpcFailure(house.start('bot'));
    await house.stop('base');
    const error = await rpcFailure(house.start('bot'));
    expect(error).to.include({ code: -32005 });
    expect(error.data).to.deep.include({ dependency: 'base' });
    expect(house.status('bot')).to.include({ state: 'failed', wanted: 'up' });
    const launches = house.launchCount('bot');
    await house.start('base');
    await house.reaches('bot', () => house.launchCount('bot') > launches);
  });
});
