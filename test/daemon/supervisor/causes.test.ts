import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Config } from '../../../config/effective.ts';
import { type Cause, causeOfEnd, causeOfLaunch } from '../../../daemon/supervisor/causes.ts';
import type { TestHouse } from './house.ts';
import { noClaims } from './no-claims.ts';
import { temporaryHouses } from './temporary-houses.ts';
import { testModule } from './test-module.ts';

const operator: Cause = { by: 'operator', method: 'module.start' };

describe('the cause', () => {
  it('of a launch is who asked, else what keeps it wanted', () => {
    const wanted = { ...noClaims, operator: 'up', autostart: true } as const;
    expect(causeOfLaunch(operator, wanted, 'api')).to.equal(operator);
    expect(causeOfLaunch(null, wanted, 'api')).to.deep.equal({ by: 'memory' });
    const open = { ...noClaims, window: 'up', autostart: true } as const;
    expect(causeOfLaunch(null, open, 'api')).to.deep.equal({
      by: 'schedule',
      job: 'trading_start',
    });
    const autostart = { ...noClaims, autostart: true };
    expect(causeOfLaunch(null, autostart, 'api')).to.deep.equal({ by: 'autostart' });
    expect(causeOfLaunch(null, noClaims, 'api')).to.deep.equal({ by: 'dependant', module: 'api' });
    expect(causeOfLaunch(null, noClaims, null)).to.deep.equal({ by: 'daemon' });
  });

  const hold = { reason: 'dependency_stopped', dependency: 'db' } as const;
  const ends: [reason: string | null, cause: Cause][] = [
    ['operator', operator],
    ['halted', operator],
    ['schedule', operator],
    ['restart', operator],
    ['shutdown', { by: 'shutdown' }],
    ['dependency_stopped', { by: 'dependency', module: 'db' }],
    ['dependency_failed', { by: 'dependency', module: 'db' }],
    ['start_timeout', { by: 'daemon' }],
    ['reclaimed', { by: 'daemon' }],
    ['disabled', { by: 'daemon' }],
    [null, { by: 'daemon' }],
  ];
  for (const [reason, cause] of ends) {
    it(`of an end with reason ${reason} is ${cause.by}`, () => {
      expect(causeOfEnd(reason, operator, hold)).to.deep.equal(cause);
    });
  }
});

describe('the history of a module', () => {
  const open = temporaryHouses();

  /** Transitions with a cause, as `event by`. */
  function causes({ transitions }: TestHouse, name: string): string[] {
    const own = transitions.filter(({ module, cause }) => module === name && cause !== null);
    return own.map(({ event, cause }) => `${event} ${cause!.by}`);
  }

  it('names the operator, the policy and the end of the daemon', async () => {
    const life = await open({ modules: { bot: {} } });
    await life.start('bot');
    process.kill(life.status('bot').pid!, 'SIGKILL');
    await life.reaches('bot', 'restarting');
    await life.clock.advance(1000);
    await life.reaches('bot', 'running');
    await life.restart('bot');
    await life.supervisor.stopAll(60_000);
    expect(causes(life, 'bot')).to.deep.equal([
      'launch operator',
      'launch restart_policy',
      'end operator',
      'launch operator',
      'end shutdown',
    ]);
    const [start, crash, restart] = life.occurrences;
    expect(start).to.deep.include({ kind: 'asked', cause: operator });
    expect(crash).to.include({ kind: 'exit', asked: false }).and.to.have.property('exit');
    expect(restart).to.deep.include({ cause: { by: 'operator', method: 'module.restart' } });
  });

  it('names autostart, what needs it, and the dependency that went and came back', async () => {
    const dependsOn = new Map([['db', 'ready' as const]]);
    const life = await open({ modules: { db: {}, bot: { dependsOn } }, autostart: ['bot'] });
    await life.reaches('bot', 'running');
    expect(causes(life, 'db')).to.deep.equal(['launch dependant']);
    await life.stop('db', { cascade: true });
    await life.start('db');
    await life.reaches('bot', 'running');
    expect(causes(life, 'bot')).to.deep.equal([
      'launch autostart',
      'end dependency',
      'gone dependency',
      'launch dependency',
    ]);
  });

  it('names the module itself when it halts', async () => {
    const life = await open({ modules: { bot: {} } });
    await life.start('bot');
    life.module('bot').halt('daily loss limit');
    await life.reaches('bot', 'stopped');
    expect(causes(life, 'bot').at(-1)).to.equal('end module');
    expect(life.occurrences.at(-1)).to.include({ kind: 'exit', asked: true });
  });

  it('names a new configuration, for whose sake it is started anew', async () => {
    const life = await open({ modules: { bot: {} } });
    await life.start('bot');
    const modules = new Map([['bot', testModule('bot', { args: ['x'] })]]);
    life.supervisor.configure({ modules, autostart: [] } as unknown as Config, new Set(['bot']));
    await life.reaches('bot', () => life.launchCount('bot') === 2);
    expect(causes(life, 'bot')).to.deep.equal(['launch operator', 'end reload', 'launch reload']);
  });

  it('says that it ended with the machine, or how it had ended before', async () => {
    const life = await open({ modules: { bot: {}, job: {} } });
    const identity = { pid: 2 ** 30, startTime: '0', bootId: 'an earlier boot' };
    const at = '2026-11-22T03:00:00.000Z';
    const exit = { code: 7, signal: null, reason: null, at, uptimeMs: 5, output: [], seq: 0 };
    const record = { launch: 'l', identity, startedAt: at, startedMonotonicMs: 0, note: null };
    life.supervisor.adopt([
      { ...record, name: 'bot', exit: null },
      { ...record, name: 'job', exit },
    ]);
    expect(life.occurrences).to.deep.equal([
      { kind: 'machine_restarted' },
      { kind: 'exit', exit, asked: false },
    ]);
  });

  it('names what brought it back under the next daemon', async () => {
    const life = await open({ modules: { bot: {} } });
    await life.start('bot');
    await life.supervisor.stopAll(60_000);
    await life.daemonDies();
    await life.daemonReturns();
    await life.reaches('bot', 'running');
    expect(causes(life, 'bot').at(-1)).to.equal('launch memory');
  });
});
