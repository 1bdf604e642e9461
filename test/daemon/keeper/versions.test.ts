import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, it } from 'mocha';
import type * as guardians from '../../../daemon/guardian/guardian.ts';
import { readKeeperIdentity } from '../../../daemon/keeper/files.ts';
import { protocolVersion } from '../../../daemon/keeper/protocol.ts';
import { olderTrees, olderVersion } from '../../support/older-tree.ts';
import { isRunning } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { failure } from '../../rpc/failure.ts';
import { type KeeperHome, keeperHomes, type WatchedGuardian } from './keeper-home.ts';

const rule = { signal: 'SIGTERM', timeoutMs: 5000, scope: 'tree' } as const;
const counter = `let n = 0; setInterval(() => console.log('n' + ++n), 5); process.on('SIGUSR2', () => process.exit(7));`;

describe('a keeper that an upgrade of the daemon has made old', () => {
  const homes = keeperHomes();
  const olderTree = olderTrees();

  /** A daemon of the earlier version, with a keeper of its own. */
  async function watchOlder(home: KeeperHome): Promise<WatchedGuardian> {
    const path = join(olderTree(), 'daemon', 'guardian', 'guardian.js');
    const { Guardian } = (await import(pathToFileURL(path).href)) as typeof guardians;
    return home.watch({ Guardian });
  }

  it('serves its modules to their end, and new launches go to the new one', async () => {
    const home = homes.create();
    const before = await watchOlder(home);
    const { launch, identity } = await before.guardian.spawn(home.node('trading', counter));
    await home.line('trading', 'n5');
    await before.guardian.stop();
    const older = keeperPid(home, olderVersion);

    const { guardian, lines, exitOf, replacements } = await home.watch();
    expect(guardian.startedFresh).to.equal(false);
    expect(guardian.children).to.have.length(1);
    expect(guardian.children[0]).to.deep.include({ launch, identity, exit: null });
    const { launch: second } = await guardian.spawn(home.shell('other', 'exec sleep 60'));
    expect(versionOf(home, 'trading')).to.equal(olderVersion);
    expect(versionOf(home, 'other')).to.equal(protocolVersion);
    expect(await guardian.follow(['trading', 'other'])).to.have.keys('trading', 'other');
    await until('its lines are told', () => lines.some(({ module }) => module === 'trading'));

    process.kill(identity.pid, 'SIGUSR2');
    expect(await exitOf(launch)).to.include({ code: 7, signal: null, reason: null });
    await guardian.forget('trading', launch);
    await until('the older keeper has gone', () => !isRunning(older));
    expect(guardian.children.map((child) => child.launch)).to.deep.equal([]);

    const { launch: third } = await guardian.spawn(home.node('trading', counter));
    await until('the next launch logs', () => home.texts('trading').filter(isFirst).length === 2);
    const seqs = home.stored('trading').map(({ seq }) => seq);
    expect(seqs, 'numbers go on').to.deep.equal(seqs.map((_, index) => index + 1));
    expect(replacements).to.deep.equal([]);
    for (const [name, id] of Object.entries({ trading: third, other: second })) {
      expect(await guardian.stopTree(name, id, rule)).to.deep.equal([]);
      await exitOf(id);
    }
    await guardian.end();
    expect(home.processes()).to.deep.equal([]);
  });

  it('hands a module over between two launches, each line once and in order', async () => {
    const home = homes.create();
    const before = await watchOlder(home);
    const stays = await before.guardian.spawn(home.shell('stays', 'exec sleep 60'));
    const first = await before.guardian.spawn(home.shell('trading', 'seq 1 500; exit 3'));
    await before.exitOf(first.launch);
    await before.guardian.stop();

    const { guardian, exitOf } = await home.watch();
    const ended = guardian.children.find(({ name }) => name === 'trading');
    expect(ended?.exit).to.include({ code: 3, signal: null });
    const { launch } = await guardian.spawn(home.shell('trading', 'seq 501 20000'));
    expect(await exitOf(launch)).to.include({ code: 0, seq: 20_000 });
    await until('all is stored', () => home.stored('trading').length === 20_000);
    const expected = Array.from({ length: 20_000 }, (_, index) => String(index + 1));
    expect(home.texts('trading')).to.deep.equal(expected);
    expect(await guardian.stopTree('stays', stays.launch, rule)).to.deep.equal([]);
    expect(isRunning(stays.identity.pid)).to.equal(false);
  });

  it('never lets the new one launch a second copy', async () => {
    const home = homes.create();
    const before = await watchOlder(home);
    const { identity } = await before.guardian.spawn(home.shell('trading', 'exec sleep 60'));
    await before.guardian.stop();
    const { guardian } = await home.watch();
    const refusal = await failure(guardian.spawn(home.shell('trading', 'exec sleep 60')));
    expect(refusal).to.include({ code: 'already_running' });
    expect(isRunning(identity.pid)).to.equal(true);
    expect(home.processes()).to.have.length(3);
  });

  it('has its records respected by the new one without the daemon’s help', async () => {
    const home = homes.create();
    const before = await watchOlder(home);
    const { identity } = await before.guardian.spawn(home.shell('trading', 'exec sleep 60'));
    await before.guardian.stop();
    const { guardian } = await home.watch();
    // The daemon is made to believe that there is no older keeper.
    process.kill(keeperPid(home, olderVersion), 'SIGSTOP');
    await guardian.stop();
    const lone = await home.watch({ start: false });
    const spawned = lone.guardian.spawn(home.shell('trading', 'exec sleep 60'));
    expect(await failure(spawned)).to.include({ code: 'already_running' });
    expect(isRunning(identity.pid)).to.equal(true);
  });

  it('is followed by the new one when it dies: modules live on, in its custody', async () => {
    const home = homes.create();
    const before = await watchOlder(home);
    const { launch, identity } = await before.guardian.spawn(home.node('trading', counter));
    await home.line('trading', 'n5');
    await before.guardian.stop();
    const { guardian, replacements, exitOf } = await home.watch();
    process.kill(keeperPid(home, olderVersion), 'SIGKILL');
    const children = await until('it is taken over', () => replacements[0]);
    expect(children).to.have.length(1);
    expect(children[0]).to.deep.include({ launch, identity, exit: null });
    expect(versionOf(home, 'trading')).to.equal(protocolVersion);
    const mark = home.stored('trading', 1).length;
    await until('it logs on', () => home.stored('trading', 1).length > mark + 5);
    expect(await guardian.stopTree('trading', launch, rule)).to.deep.equal([]);
    expect(await exitOf(launch)).to.include({ reason: 'custody_lost' });
    expect(isRunning(identity.pid)).to.equal(false);
  });

  it('is followed by the new one also when it died while no daemon was there', async () => {
    const home = homes.create();
    const before = await watchOlder(home);
    // One that prints would end itself: until the new one comes nobody reads.
    const { launch, identity } = await before.guardian.spawn(
      home.shell('trading', 'exec sleep 60'),
    );
    await before.guardian.stop();
    await (await home.watch()).guardian.stop();
    const older = keeperPid(home, olderVersion);
    process.kill(older, 'SIGKILL');
    await until('it is dead', () => !isRunning(older));
    const { guardian } = await home.watch();
    expect(guardian.children).to.have.length(1);
    expect(guardian.children[0]).to.deep.include({ launch, identity, exit: null });
  });

  it('is ended when it hangs, and its modules live on', async () => {
    const home = homes.create();
    const before = await watchOlder(home);
    const { launch, identity } = await before.guardian.spawn(home.node('trading', counter));
    await before.guardian.stop();
    const older = keeperPid(home, olderVersion);
    process.kill(older, 'SIGSTOP');
    const { guardian } = await home.watch();
    expect(isRunning(older)).to.equal(false);
    expect(guardian.children[0]).to.deep.include({ launch, identity, exit: null });
  });

  it('goes at once when it has no modules', async () => {
    const home = homes.create();
    await (await watchOlder(home)).guardian.stop();
    const older = keeperPid(home, olderVersion);
    await home.watch();
    expect(isRunning(older)).to.equal(false);
  });

  it('is served by nobody but a daemon that understands it: an older daemon is refused', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const { identity } = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    await guardian.stop();
    const refusal = await failure(watchOlder(home));
    expect(refusal.message).to.include('a newer version of SuperBot');
    expect(refusal.message).to.include(`kill ${home.keeperPid()}`);
    expect(isRunning(identity.pid)).to.equal(true);
    expect(home.processes()).to.have.length(2);
  });

  it('keeps a record that is not whole from being acted on by the new one', async () => {
    const home = homes.create();
    const before = await watchOlder(home);
    const { identity } = await before.guardian.spawn(home.shell('trading', 'exec sleep 60'));
    await before.guardian.stop();
    writeFileSync(join(home.runDir, 'trading.json'), '{');
    const { guardian } = await home.watch();
    await guardian.prepare([]);
    expect(isRunning(identity.pid)).to.equal(true);
    expect(readFileSync(join(home.logsDir, 'keeper.log'), 'utf8')).not.to.include('damaged');
  });
});

function keeperPid(home: KeeperHome, version: number): number {
  return readKeeperIdentity(home.path, version)?.pid ?? Number.NaN;
}

function versionOf(home: KeeperHome, module: string): number {
  const record = readFileSync(join(home.runDir, `${module}.json`), 'utf8');
  return (JSON.parse(record) as { protocol: number }).protocol;
}

function isFirst(text: string): boolean {
  return text === 'n1';
}
