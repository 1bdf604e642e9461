import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import { protocolVersion } from '../../../daemon/keeper/protocol.ts';
import { identify, isAlive, type ProcessIdentity } from '../../../daemon/processes.ts';
import { isRunning } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { type KeeperHome, keeperHomes } from './keeper-home.ts';

describe('records that cannot be trusted', () => {
  const homes = keeperHomes();
  const strangers: ChildProcess[] = [];

  afterEach(() => {
    for (const { pid } of strangers.splice(0)) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  });

  /** A process of somebody else, with a group and a session of its own. */
  async function stranger(script: string): Promise<ProcessIdentity> {
    const child = spawn('sh', ['-c', script], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    strangers.push(child);
    await once(child.stdout, 'data');
    const identity = identify(child.pid ?? 0);
    if (!identity) throw new Error('the stranger is not there');
    return identity;
  }

  function writeRecord(home: KeeperHome, identity: ProcessIdentity): void {
    const { stop, log, launch, name } = home.shell('trading', '');
    const times = { startedAt: new Date().toISOString(), startedMonotonicMs: 1 };
    const protocol = protocolVersion;
    const record = {
      protocol,
      name,
      launch,
      identity,
      ...times,
      note: null,
      stop,
      log,
      exit: null,
    };
    writeFileSync(join(home.runDir, 'trading.json'), JSON.stringify(record));
  }

  const disguises: [what: string, change: Partial<ProcessIdentity>][] = [
    ['another start time', { startTime: '1' }],
    ['another boot', { bootId: 'before' }],
  ];
  for (const [what, change] of disguises) {
    it(`never signal a process that has the pid but ${what}`, async () => {
      const home = homes.create();
      const foreign = await stranger('echo up; exec sleep 60');
      writeRecord(home, { ...foreign, ...change });
      const { guardian } = await home.watch();
      expect(guardian.children[0]?.exit).to.include({ reason: 'custody_lost' });
      const rule = { signal: 'SIGKILL', timeoutMs: 0, scope: 'tree' } as const;
      expect(await guardian.stopTree('trading', null, rule)).to.deep.equal([]);
      await guardian.spawn(home.shell('trading', 'exec sleep 60'));
      expect(await guardian.killAll()).to.deep.equal([]);
      expect(isAlive(foreign)).to.equal(true);
    });
  }

  it('never signal a group that has the pid as its number after its leader has gone', async () => {
    const home = homes.create();
    // As a daemon that forks twice leaves it: the leader ends, the group lives on.
    const leader = await stranger(
      'sleep 60 & echo up; read x < /dev/null; while [ ! -e "$0" ]; do sleep 0.01; done',
    );
    process.kill(leader.pid, 'SIGKILL');
    await until('the leader is gone', () => !isRunning(leader.pid));
    writeRecord(home, { ...leader, startTime: '1' });
    const { guardian } = await home.watch();
    const rule = { signal: 'SIGKILL', timeoutMs: 0, scope: 'tree' } as const;
    await guardian.stopTree('trading', null, rule);
    await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    expect(() => process.kill(-leader.pid, 0), 'the group lives').not.to.throw();
  });

  const damages: [what: string, content: string][] = [
    ['empty', ''],
    ['torn', '{"name":"trading","launch":"l'],
    ['without a pid', '{"name":"trading","launch":"x","identity":{}}'],
    ['no object', 'null'],
    ['of another name', '{"name":"other"}'],
  ];
  for (const [what, content] of damages) {
    it(`lead to one copy where the record is ${what}`, async () => {
      const home = homes.create();
      const { guardian, replacements } = await home.watch();
      const { identity } = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
      const keeper = home.keeperPid();
      process.kill(keeper, 'SIGSTOP');
      writeFileSync(join(home.runDir, 'trading.json'), content);
      process.kill(keeper, 'SIGKILL');
      await until('a new keeper serves', () => replacements.length === 1);
      expect(guardian.children).to.deep.equal([]);
      const next = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
      expect(isAlive(identity)).to.equal(false);
      expect(isAlive(next.identity)).to.equal(true);
      const said = readFileSync(join(home.logsDir, 'keeper.log'), 'utf8');
      expect(said).to.include('ending what runs of "trading", whose record is damaged');
    });
  }

  it('are ended and cleared away even when nobody starts the module again', async () => {
    const home = homes.create();
    const { guardian, replacements } = await home.watch();
    const { identity } = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    writeFileSync(join(home.runDir, 'trading.json'), '{');
    process.kill(home.keeperPid(), 'SIGKILL');
    await until('a new keeper serves', () => replacements.length === 1);
    await until('it is ended', () => !isAlive(identity));
    await until('the record is gone', () => !existsSync(join(home.runDir, 'trading.json')));
  });

  it('cost no other module its life', async () => {
    const home = homes.create();
    const { guardian, replacements } = await home.watch();
    const { identity } = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    writeFileSync(join(home.runDir, 'database.json'), '\0\0\0');
    writeFileSync(join(home.runDir, 'keeper-1.identity.new'), 'x');
    process.kill(home.keeperPid(), 'SIGKILL');
    await until('a new keeper serves', () => replacements.length === 1);
    expect(guardian.children.map(({ name }) => name)).to.deep.equal(['trading']);
    expect(isAlive(identity)).to.equal(true);
  });
});
