import { expect } from 'chai';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, it } from 'mocha';
import { threadSocket } from '../../../daemon/keeper/files.ts';
import type * as guardians from '../../../daemon/guardian/guardian.ts';
import type { ChildReport, LaunchSpec } from '../../../daemon/keeper/protocol.ts';
import { olderTrees } from '../../support/older-tree.ts';
import { isRunning } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { type KeeperHome, keeperHomes, type WatchedGuardian } from './keeper-home.ts';

describe('a thread whose keeper dies', () => {
  const homes = keeperHomes();
  const olderTree = olderTrees();

  function thread(home: KeeperHome): LaunchSpec {
    const script = join(home.path, 'thread.mjs');
    writeFileSync(script, `let n = 0; setInterval(() => console.log('n' + ++n), 5);`);
    return home.shell('trading', '', { kind: 'thread', argv: [script] });
  }

  it('runs on in its host and goes on logging under the next keeper', async () => {
    const home = homes.create();
    const watched = await home.watch();
    const { identity } = await watched.guardian.spawn(thread(home));
    await home.line('trading', 'n5');
    const [child] = await keeperDies(home, watched);
    expect(child).to.deep.include({ identity, exit: null });
    const mark = home.stored('trading', 1).length;
    await until('it logs on', () => home.stored('trading', 1).length > mark + 5);
  });

  it('is ended with its host when the next keeper cannot reach that', async () => {
    const home = homes.create();
    const watched = await home.watch();
    const { identity, launch } = await watched.guardian.spawn(thread(home));
    await home.line('trading', 'n5');
    rmSync(threadSocket(home.runDir, identity.pid));
    await keeperDies(home, watched);
    expect(await watched.exitOf(launch)).to.include({ reason: 'custody_lost' });
    expect(isRunning(identity.pid)).to.equal(false);
    const next = await watched.guardian.spawn(thread(home));
    expect(next.identity.pid).not.to.equal(identity.pid);
  });

  it('is ended by a stop that comes before its host has answered the next keeper', async () => {
    const home = homes.create();
    const watched = await home.watch();
    const { identity, launch } = await watched.guardian.spawn(thread(home));
    await home.line('trading', 'n5');
    process.kill(identity.pid, 'SIGSTOP');
    await keeperDies(home, watched);
    const rule = { signal: 'SIGTERM', timeoutMs: 1000, scope: 'tree' } as const;
    const stopped = watched.guardian.stopTree('trading', launch, rule);
    // Answered after the stop, which came before it on the same connection.
    await watched.guardian.follow([]);
    process.kill(identity.pid, 'SIGCONT');
    expect(await stopped).to.deep.equal([]);
    expect(await watched.exitOf(launch)).to.include({ signal: 'SIGKILL' });
    // And not because it was asked again, of a keeper that had been given up.
    expect(watched.replacements).to.have.length(1);
  });

  it('is ended with its host when the next keeper is of another version', async () => {
    const home = homes.create();
    const path = join(olderTree(), 'daemon', 'guardian', 'guardian.js');
    const { Guardian } = (await import(pathToFileURL(path).href)) as typeof guardians;
    const before = await home.watch({ Guardian });
    const { identity, launch } = await before.guardian.spawn(thread(home));
    await home.line('trading', 'n5');
    await before.guardian.stop();
    const { exitOf, replacements } = await home.watch();
    for (const pid of home.processes()) if (pid !== identity.pid) process.kill(pid, 'SIGKILL');
    await until('a keeper has taken over', () => replacements.length > 0);
    expect(await exitOf(launch)).to.include({ reason: 'custody_lost' });
    expect(isRunning(identity.pid)).to.equal(false);
  });
});

async function keeperDies(
  home: KeeperHome,
  { replacements }: WatchedGuardian,
): Promise<ChildReport[]> {
  process.kill(home.keeperPid(), 'SIGKILL');
  return until('a new keeper serves', () => replacements[0]);
}
