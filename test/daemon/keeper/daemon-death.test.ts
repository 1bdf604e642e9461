import { expect } from 'chai';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, it } from 'mocha';
import { keeperFiles } from '../../../daemon/keeper/files.ts';
import { protocolVersion } from '../../../daemon/keeper/protocol.ts';
import { isRunning } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { keeperHomes } from './keeper-home.ts';

describe('a keeper whose daemon goes', () => {
  const homes = keeperHomes();

  it('goes on logging, and hands over its children with their notes and exits', async () => {
    const home = homes.create();
    const first = await home.watch();
    const talker = home.shell('talker', 'while :; do echo tick; sleep 0.01; done');
    const { identity } = await first.guardian.spawn(talker);
    const brief = home.shell('brief', 'while [ ! -e gone ]; do sleep 0.01; done; exit 4', {
      cwd: home.path,
    });
    await first.guardian.spawn(brief);
    await first.guardian.stop();
    writeFileSync(`${home.path}/gone`, '');
    await until('the exit is recorded', () => home.recordOf('brief').exit !== null);
    const count = home.stored('talker').length;
    await until('it logs on', () => home.stored('talker').length > count + 5);

    const { guardian } = await home.watch();
    expect(guardian.startedFresh).to.equal(false);
    const [talking, ended] = [...guardian.children].sort((a, b) => b.name.localeCompare(a.name));
    expect(talking).to.deep.include({ identity, exit: null, note: { told: talker.launch } });
    expect(ended?.launch).to.equal(brief.launch);
    expect(ended?.exit).to.include({ code: 4, signal: null, reason: null });
  });

  it('leaves when it has neither children nor a daemon', async () => {
    const home = homes.create();
    const { guardian } = await home.watch({ lonelyMs: 1000 });
    const keeper = home.keeperPid();
    await guardian.stop();
    await until('it leaves', () => !isRunning(keeper));
  });

  it('stays as long as a child lives', async () => {
    const home = homes.create();
    const { guardian } = await home.watch({ lonelyMs: 1000 });
    const keeper = home.keeperPid();
    // Longer than the keeper would stay alone.
    const script = 'sleep 2; echo late; while [ ! -e gone ]; do sleep 0.01; done';
    const spec = home.shell('trading', script, { cwd: home.path });
    const { identity } = await guardian.spawn(spec);
    await guardian.stop();
    await home.line('trading', 'late');
    expect(isRunning(keeper)).to.equal(true);
    writeFileSync(`${home.path}/gone`, '');
    await until('it leaves after it', () => !isRunning(keeper) && !isRunning(identity.pid));
  });

  it('ends the children by their rules on SIGTERM, then itself', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const keeper = home.keeperPid();
    const polite = `process.on('SIGINT', () => { console.log('bye'); process.exit(0); }); console.log('up'); setInterval(() => {}, 1000);`;
    const stop = { signal: 'SIGINT', timeoutMs: 10_000, scope: 'tree' } as const;
    await guardian.spawn(home.node('polite', polite, { stop }));
    await home.line('polite', 'up');
    process.kill(keeper, 'SIGTERM');
    // With a daemon nothing follows: an answer shows that the signal has been seen to.
    await guardian.prepare([]);
    expect(home.processes()).to.have.length(2);
    await guardian.stop();
    await until('all have ended', () => home.processes().length === 0);
    expect(home.texts('polite')).to.deep.equal(['up', 'bye']);
    expect(home.recordOf('polite').exit).to.include({ code: 0 });
  });

  it('ends on request only without living children', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const keeper = home.keeperPid();
    const { launch } = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    const refusal = await guardian.end().then(
      () => null,
      (error: unknown) => (error as { code: string }).code,
    );
    expect(refusal).to.equal('already_running');
    const rule = { signal: 'SIGTERM', timeoutMs: 5000, scope: 'tree' } as const;
    await guardian.stopTree('trading', launch, rule);
    await guardian.end();
    await until('it is gone', () => !isRunning(keeper));
  });

  it('drops what a daemon had sent but it had not read, once the next one has said hello', async () => {
    const home = homes.create();
    await (await home.watch()).guardian.stop();
    const keeper = home.keeperPid();
    const dead = connect(keeperFiles(home.path).socket);
    await once(dead, 'connect');
    // The keeper ends this connection, at whatever point of what follows.
    dead.on('error', () => dead.destroy());
    const closed = new Promise((resolve) => dead.once('close', resolve));
    const hello = {
      id: 1,
      op: 'hello',
      params: { version: protocolVersion, pid: process.pid, revive: null },
    };
    dead.write(JSON.stringify(hello) + '\n');
    await once(dead, 'data');
    // A part of a request is read, the rest comes too late.
    const request = JSON.stringify({ id: 2, op: 'spawn', params: home.shell('late', 'sleep 60') });
    dead.write(request.slice(0, 100));
    const { guardian } = await home.watch();
    dead.write(request.slice(100) + '\n');
    await closed;
    await guardian.prepare([]);
    expect(guardian.children).to.deep.equal([]);
    expect(home.processes()).to.deep.equal([keeper]);
  });

  it('serves the newest of two daemons; the older one does not fight', async () => {
    const home = homes.create();
    const older = await home.watch();
    await older.guardian.spawn(home.shell('trading', 'exec sleep 60'));
    const keeper = home.keeperPid();
    const newer = await home.watch();
    await until('the older knows', () => older.said.some((text) => text.includes('taken over')));
    const refusal = await older.guardian.spawn(home.shell('other', 'exit 0')).then(
      () => null,
      (error: unknown) => (error as { code: string }).code,
    );
    expect(refusal).to.equal('superseded');
    const { launch } = await newer.guardian.spawn(home.shell('other', 'exit 0'));
    await newer.exitOf(launch);
    expect(newer.replacements).to.deep.equal([]);
    expect(home.keeperPid()).to.equal(keeper);
  });

  it('is one even when two daemons start keepers in the same instant', async () => {
    const home = homes.create();
    const both = await Promise.all([
      home.watch({ start: false }),
      home.watch({ start: false }),
      home.watch({ start: false }),
    ]);
    await Promise.allSettled(both.map(({ guardian }) => guardian.start()));
    await until('one keeper is left', () => home.processes().length === 1);
    expect(home.processes()).to.deep.equal([home.keeperPid()]);
  });
});
