import { expect } from 'chai';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import type { LaunchSpec } from '../../../../daemon/keeper/protocol.ts';
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
    const home = homes.create();
    const { guardian, replacements } = await home.watch();
    const spawned = guardian.spawn(thread(home, 'first'));
    const starting = await until('a host starts', () => hosts(home)[0]);
    process.kill(starting, 'SIGSTOP');
    await killKeeper(home, replacements);
    const { identity } = await spawned;
    expect(hosts(home)).to.deep.equal([identity.pid]);
    expect(identity.pid).not.to.equal(starting);
  });
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
  return home.processes().filter((pid) => describeProcess(pid).includes('threads/host.js'));
}

async function killKeeper(
  home: KeeperHome,
  replacements: WatchedGuardian['replacements'],
): Promise<void> {
  process.kill(home.keeperPid(), 'SIGKILL');
  await until('a new keeper serves', () => replacements[0]);
}
