import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type PlannedDocument, planReload } from '../../../daemon/supervisor/plan.ts';

type Modules = Record<string, Record<string, unknown>>;

function document(modules: Modules, daemon: object = {}): PlannedDocument {
  return { daemon: { modules, autostart: [], ipc: { tcp_port: 9999 }, ...daemon } };
}

/** Each entry as `module/key: action (reason)`, what is unchanged left out. */
function plan(
  before: PlannedDocument,
  after: PlannedDocument,
  up: readonly string[] = [],
  dependants: Record<string, string[]> = {},
): string[] {
  const modules = {
    isUp: (name: string) => up.includes(name),
    runningDependants: (name: string) => dependants[name] ?? [],
  };
  return planReload(before, after, modules)
    .filter(({ action }) => action !== 'none')
    .map(({ module, key, action, reason }) => {
      const what = [module, key].filter((part) => part !== null && part !== undefined).join('/');
      return `${what}: ${action} (${reason})`;
    });
}

const bot = { type: 'exec', command: ['a'], args: [], params: {}, restart: { base_delay: '1s' } };

describe('planReload', () => {
  const restarting = {
    ...{
      type: 'node',
      module: './x.js',
      command: ['b'],
      app: 'a:b',
      args: ['x'],
      params: { a: 1 },
    },
    ...{ env: { A: '1' }, cwd: '/', host: '::1', port: 1, workers: 2, user: 'x', provides: ['p'] },
  };
  for (const [key, value] of Object.entries(restarting)) {
    const before = document({ bot });
    const after = document({ bot: { ...bot, [key]: value } });

    it(`restarts a running module when its ${key} changed`, () => {
      expect(plan(before, after, ['bot'])).to.deep.equal([`bot: restart (${key} changed)`]);
    });

    it(`leaves a stopped one stopped when its ${key} changed`, () => {
      const reason = `${key} changed: for its next launch`;
      expect(plan(before, after)).to.deep.equal([`bot: update (${reason})`]);
    });
  }

  it('updates other keys in place, also those that only the next launch reads', () => {
    const restart = { ...bot, restart: { base_delay: '2s' } };
    expect(plan(document({ bot }), document({ bot: restart }), ['bot'])).to.deep.equal([
      'bot: update (restart changed)',
    ]);
    const later = { ...bot, ready: { after: '5s' }, env_inherit: ['A'], debug: true };
    expect(plan(document({ bot }), document({ bot: later }), ['bot'])).to.deep.equal([
      'bot: update (ready, env_inherit, debug changed: for its next launch)',
    ]);
  });

  it('says of each module that did not change that nothing is done', () => {
    const modules = { isUp: () => true, runningDependants: () => [] };
    const same = () => document({ a: structuredClone(bot), b: structuredClone(bot) });
    expect(planReload(same(), same(), modules)).to.deep.equal([
      { module: 'a', action: 'none', reason: 'unchanged' },
      { module: 'b', action: 'none', reason: 'unchanged' },
    ]);
  });

  it('adds what is new, started only from autostart, and removes what is gone', () => {
    const after = document({ fresh: bot, idle: bot }, { autostart: ['fresh'] });
    expect(plan(document({ old: bot, resting: bot }), after, ['old'])).to.deep.equal([
      'old: remove (no longer configured: it is stopped)',
      'resting: remove (not configured)',
      'fresh: add (new, in autostart: it is started)',
      'idle: add (new: it stays stopped)',
    ]);
  });

  it('neither starts nor stops a known module for a change of autostart', () => {
    const before = document({ a: bot, b: bot }, { autostart: ['a'] });
    expect(plan(before, document({ a: bot, b: bot }, { autostart: ['b'] }), ['a'])).to.deep.equal([
      'a/autostart: update (out of autostart from the next start of the daemon)',
      'b/autostart: update (in autostart from the next start of the daemon)',
    ]);
  });

  it('rejects what needs another start of the daemon, key by key, and goes on with the rest', () => {
    const after = document({ bot }, { ipc: { tcp_port: 1, auth: 'required' }, logs: { keep: 9 } });
    const before = document({ bot }, { logs: { keep: 5 } });
    const why = 'the daemon answers there already: restart it to change this';
    expect(plan(before, after)).to.deep.equal([
      `ipc.tcp_port: rejected (${why})`,
      `ipc.auth: rejected (${why})`,
      'logs.keep: update (in force for modules from their next launch)',
    ]);
  });

  it('says from when a key of the daemon is in force', () => {
    const before = { logs: { level: 'info' }, shutdown: { timeout: 30 }, profiles: {} };
    const after = { logs: { level: 'warn' }, shutdown: { timeout: 1 }, profiles: { p: [] } };
    const others = { schedule: { timezone: 'UTC' }, resource_allocation: { thread_pools: {} } };
    expect(plan(document({}, before), document({}, { ...after, ...others }))).to.deep.equal([
      'logs.level: update (in force at once)',
      'shutdown.timeout: update (in force at once)',
      'profiles.p: update (in force from the next start of the daemon)',
      'schedule: update (in force at once)',
      'resource_allocation: update (in force for modules from their next launch)',
    ]);
  });

  it('says that other trading hours may start or end the module, which itself is unchanged', () => {
    const hours = (trading_stop: string) => ({
      schedule: { trading_start: '09:00', trading_stop },
    });
    expect(plan(document({}, hours('18:00')), document({}, hours('12:00')))).to.deep.equal([
      'schedule.trading_stop: update (in force at once: trading is started or ended as its hours say then)',
    ]);
  });

  it('restarts running dependants of what is restarted, once, and says why', () => {
    const before = document({ db: bot, mid: bot, top: bot });
    const after = document({ db: { ...bot, args: ['x'] }, mid: bot, top: { ...bot, stop: 1 } });
    const up = ['db', 'mid', 'top'];
    expect(plan(before, after, up, { db: ['top', 'mid'] })).to.deep.equal([
      'db: restart (args changed)',
      'mid: restart (depends on "db", which is restarted)',
      'top: restart (depends on "db", which is restarted)',
    ]);
  });

  it('takes a module named like a property of every object for what it is', () => {
    const after = document({ constructor: bot });
    expect(plan(document({}), after)).to.deep.equal(['constructor: add (new: it stays stopped)']);
    expect(plan(after, document({}))).to.deep.equal(['constructor: remove (not configured)']);
  });
});
