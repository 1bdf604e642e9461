import { expect } from 'chai';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, it } from 'mocha';
import { threadSocket } from '../../../../daemon/keeper/files.ts';
import type { ChildReport, LaunchSpec } from '../../../../daemon/keeper/protocol.ts';
import { startHost, type StartedHost } from '../../../../daemon/keeper/threads/host-process.ts';
import { realSystem } from '../../../../daemon/system.ts';
import { describeProcess, isRunning } from '../../../support/processes.ts';
import { until } from '../../../support/until.ts';
import { type KeeperHome, keeperHomes, type WatchedGuardian } from '../keeper-home.ts';

const homes = keeperHomes();

describe('a thread host without threads', () => {
  it('ends with the keeper that started it', async () => {
    const { child } = await start(homes.create());
    const ended = once(child, 'exit');
    child.stdin?.end();
    await ended;
  });

  it('is found and ended by a clean stop, whoever started it', async () => {
    const home = homes.create();
    const { identity } = await start(home);
    const { guardian } = await home.watch();
    await guardian.end();
    expect(isRunning(identity.pid)).to.equal(false);
  });

  it('is ended before the next keeper starts another, also when it hangs at its start', async () => {
    const { home, watched, spawned, hung } = await hangHost();
    await killKeeper(home, watched.replacements);
    const { identity } = await spawned;
    expect(hosts(home)).to.deep.equal([identity.pid]);
    expect(identity.pid).not.to.equal(hung);
  });

  /** Stops a host before it listens, which one may have done by the time that it is seen. */
  async function hangHost(): Promise<{
    home: KeeperHome;
    watched: WatchedGuardian;
    spawned: Promise<ChildReport>;
    hung: number;
  }> {
    for (let triesLeft = 20; triesLeft > 0; triesLeft--) {
      const home = homes.create();
      const watched = await home.watch();
      const spawned = watched.guardian.spawn(thread(home, 'first'));
      // The request is on its way after a turn; from then on every moment counts.
      await nextTurn();
      const hung = firstHostOf(home.keeperPid());
      process.kill(hung, 'SIGSTOP');
      await until('it is stopped', () => isStopped(hung));
      if (!existsSync(threadSocket(home.runDir, hung))) return { home, watched, spawned, hung };
      process.kill(hung, 'SIGCONT');
      await spawned;
    }
    throw new Error('each host had begun to listen before it could be stopped');
  }
});

describe('a thread host whose keeper has died', () => {
  it('ends with its threads when the home is removed', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const { identity } = await guardian.spawn(thread(home, 'first'));
    await home.line('first', 'up');
    await guardian.stop();
    process.kill(home.keeperPid(), 'SIGKILL');
    rmSync(home.path, { recursive: true });
    await until('the host is gone', () => !isRunning(identity.pid));
  });

  it('gets no new threads: of theirs it is told by what signal they died', async () => {
    const home = homes.create();
    const { guardian, replacements, exitOf } = await home.watch();
    const older = await guardian.spawn(thread(home, 'first'));
    await killKeeper(home, replacements);
    const newer = await guardian.spawn(thread(home, 'second'));
    process.kill(newer.identity.pid, 'SIGSEGV');
    expect(await exitOf(newer.launch)).to.include({ signal: 'SIGSEGV', reason: null });
    expect(isRunning(older.identity.pid)).to.equal(true);
    process.kill(older.identity.pid, 'SIGSEGV');
    expect(await exitOf(older.launch)).to.include({ signal: null, reason: 'custody_lost' });
  });

  it('is ended with the last of its threads', async () => {
    const home = homes.create();
    const { guardian, replacements } = await home.watch();
    const { identity, launch } = await guardian.spawn(thread(home, 'first'));
    await killKeeper(home, replacements);
    await guardian.stopTree('first', launch, { signal: 'SIGTERM', timeoutMs: 0, scope: 'tree' });
    await until('the host is gone', () => !isRunning(identity.pid));
  });
});

describe('a thread that cannot be started', () => {
  it('ends alone, and its host serves the others', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const good = await guardian.spawn(thread(home, 'first'));
    const bad = await guardian.spawn({ ...thread(home, 'second'), argv: ['not-a-path'] });
    expect(await exitOf(bad.launch)).to.include({ code: 1 });
    const third = await guardian.spawn(thread(home, 'third'));
    expect(third.identity).to.deep.equal(good.identity);
    await home.line('third', 'up');
  });
});

function start(home: KeeperHome): Promise<StartedHost> {
  const { runDir, logsDir } = home;
  return startHost({ runDir, logsDir, system: realSystem, warn: () => undefined });
}

function thread(home: KeeperHome, name: string): LaunchSpec {
  const script = join(home.path, `${name}.mjs`);
  writeFileSync(script, `console.log('up'); setInterval(() => {}, 3_600_000);`);
  return home.shell(name, '', { kind: 'thread', argv: [script] });
}

function hosts(home: KeeperHome): number[] {
  return home.processes().filter(isHost);
}

/** As soon as it is there: looks without a pause. */
function firstHostOf(keeper: number): number {
  for (const endMs = performance.now() + 30_000; performance.now() < endMs;) {
    const children = readFileSync(`/proc/${keeper}/task/${keeper}/children`, 'utf8').trim();
    const host = children.split(' ').map(Number).find(isHost);
    if (host !== undefined) return host;
  }
  throw new Error('no host was started');
}

function isHost(pid: number): boolean {
  return describeProcess(pid).includes('threads/host.js');
}

/** By the third field of proc_pid_stat(5). */
function isStopped(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') T ');
}

async function killKeeper(
  home: KeeperHome,
  replacements: WatchedGuardian['replacements'],
): Promise<void> {
  process.kill(home.keeperPid(), 'SIGKILL');
  await until('a new keeper serves', () => replacements[0]);
}
