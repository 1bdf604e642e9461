import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { RpcClient } from '../../rpc/client.ts';
import { hostJournal } from '../../rpc/host-trouble.ts';
import { readJournal } from '../../rpc/journal-files.ts';
import type { Event } from '../../rpc/shapes-event.ts';
import { compiledTree, type DaemonProcess } from '../support/programs.ts';
import { type TestHome, temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const fixture = (name: string) => join(compiledTree, 'test', 'fixtures', `${name}.js`);
/** One check that fails is enough; a busy machine shall not take longer over an answer. */
const strict = { interval: '1s', timeout: '2s', failures: 1 };
const frozenMs = 2300;
const bot = {
  module: fixture('moody-module'),
  ready: { link: true },
  restart: { base_delay: '10ms' },
  stop: { timeout: '200ms' },
  health: strict,
};
const watcher = { ...bot, module: fixture('host-watcher') };
const modules = {
  watcher: { ...watcher, provides: ['stress'] },
  collector: watcher,
  trading: { ...watcher, provides: ['risk'] },
  bot,
  alone: { ...bot, health: { ...strict, timeout: '500ms' } },
};
const daemon = {
  modules,
  autostart: Object.keys(modules),
  alerts: { command: ['/bin/sh', '-c', 'cat >> told'] },
};

interface Lost {
  readonly stalled_ms: number | null;
  readonly excess_ms: number | null;
}

describe('what modules say to the daemon', () => {
  const homes = temporaryHomes('all');
  let home: TestHome;
  let rpc: RpcClient;
  let superbot: DaemonProcess;

  before(async () => {
    home = homes.create(daemon);
    superbot = await home.foreground().ready();
    rpc = await home.rpc();
    await Promise.all(daemon.autostart.map((name) => home.reaches(name, 'running')));
  });

  const emit = (module: string, topic: string, data: object) =>
    rpc.callAny(`${module}.emit`, { topic, data });

  async function published(topic: string): Promise<readonly Event[]> {
    return (await rpc.call('events.history', { topics: [topic] })).events;
  }

  it('reaches the command as an alert: of a collector, and of a trading engine', async () => {
    const crash = { type: 'trades', message: 'the collector "trades" is given up' };
    const loss = { severity: 'critical', message: 'the loss of the day is over its limit' };
    // Nobody may raise one in the name of a module.
    await rpc.call('events.publish', { topic: 'risk.alert', data: { ...loss, message: 'forged' } });
    await emit('collector', 'collector.alert', { severity: 'critical', ...crash });
    await emit('trading', 'risk.alert', { ...loss, severity: 'warning' });
    await emit('trading', 'risk.alert', loss);
    await emit('trading', 'risk.alert', loss);
    const path = join(home.path, 'told');
    const told = await until('the command to have them', () => {
      const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
      return lines.length >= 3 && lines.map((line) => JSON.parse(line) as Record<string, string>);
    });
    expect(told.map(({ text, module, type }) => [module, type, text])).to.deep.equal([
      ['collector', 'collector.trades', `critical: ${crash.message}`],
      ['trading', 'risk.alert', `warning: ${loss.message}`],
      ['trading', 'risk.alert', `critical: ${loss.message}`],
    ]);
    expect(await published('system.alert')).to.have.length(3);
    const { stdout } = await home.cli('module', 'explain', 'trading');
    expect(stdout).to.include(`alert    critical: ${loss.message}`);
  });

  it('tells one pause of the host when all were stopped for longer than a check may take, restarts nothing but what stays stopped, and explains that (row 33)', async () => {
    const names = ['watcher', 'bot', 'alone'] as const;
    const before = await Promise.all(names.map((name) => home.module(name)));
    const [watcherPid, botPid, alonePid] = before.map(({ pid }) => pid ?? 0);
    // Nobody has asked it to watch the host.
    await emit('collector', 'stress.elevated', {});
    await emit('watcher', 'stress.critical', {
      id: 11,
      stress: { total: 71.5, reasons: ['load 16.0 on 8 cores: 20 of 40'] },
      culprits: [
        { process: { pid: 4711, name: 'pg_dump', module: null }, why: 'cpu', share: '97 %' },
      ],
    });
    await rpc.callAny('bot.feel', { healthy: true, afterMs: 1000 });
    await until('a check to be under way', () =>
      home.storedLines('bot').some(({ text }) => text === 'asked'),
    );
    const stopped = [superbot.pid, watcherPid!, botPid!];
    for (const pid of [...stopped, alonePid!]) process.kill(pid, 'SIGSTOP');
    const beganMs = performance.now();
    await until('it to be too late', () => performance.now() - beganMs > frozenMs);
    for (const pid of stopped) process.kill(pid, 'SIGCONT');

    await until('what stays stopped to be restarted', async () => {
      const { state, pid } = await home.module('alone');
      return state === 'running' && pid !== alonePid;
    });
    const pauses = (await published('system.pause')).map(({ data }) => data as unknown as Lost);
    // A busy machine has short ones of its own.
    const long = pauses.filter(({ stalled_ms: own, excess_ms: told }) => (own ?? told ?? 0) > 1500);
    expect(long).to.have.length(1);
    expect(long[0]).to.include({ cause: 'process', id: 12 });
    expect(long[0]!.excess_ms).to.be.greaterThan(1500);
    for (const [at, name] of names.entries()) {
      const { pid, restart_count } = before[at]!;
      const kept = { pid, restart_count, state: 'running' };
      if (name !== 'alone') expect(await home.module(name)).to.include(kept);
    }

    process.kill(watcherPid!, 'SIGKILL');
    await until('nobody to know how stressed the host is', () => {
      const host = readJournal(home.paths.journalDir, hostJournal) ?? [];
      const levels = host.filter(({ kind }) => kind === 'stress').map(({ data }) => data['level']);
      return isDeepStrictEqual(levels, [null, 'critical', null]);
    });
    await superbot.stop('SIGKILL');
    const { stdout, stderr } = await home.cli('module', 'explain', 'alone');
    expect(stderr).to.include('the daemon is not running');
    expect(stdout).to.match(
      / {2}stress {3}the host is under critical stress \(72 of 100\): load 16\.0 /,
    );
    expect(stdout).to.match(
      / {2}pause {4}processes were not run .*pg_dump.*\n.* {2}health {3}unhealthy/,
    );
    expect(stdout).to.match(/what to do: the host is the likely cause.* pg_dump \(pid 4711, 97 %/);
    const { stdout: well } = await home.cli('module', 'explain', 'bot');
    expect(well).to.not.match(/ {2}(?:pause|stress) /);
  });
});
