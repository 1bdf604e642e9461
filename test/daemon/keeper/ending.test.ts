import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { StopRule } from '../../../daemon/keeper/protocol.ts';
import { isRunning } from '../../support/processes.ts';
import { keeperHomes } from './keeper-home.ts';

const patient: StopRule = { signal: 'SIGTERM', timeoutMs: 20_000, scope: 'tree' };
const short: StopRule = { signal: 'SIGTERM', timeoutMs: 100, scope: 'tree' };

const stayAlive = 'setInterval(() => {}, 1000);';
const ignoreTerm = "process.on('SIGTERM', () => {});";

function startsDetached(code: string): string {
  const child = JSON.stringify(code);
  return `require('child_process').spawn(process.execPath, ['-e', ${child}], {stdio: 'inherit', detached: true}).unref();`;
}

describe('ending a tree', () => {
  const homes = keeperHomes();

  it('asks with the signal of the rule and reports the exit', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const code = `process.on('SIGINT', () => { console.log('bye'); process.exit(5); }); ${stayAlive} console.log('up');`;
    const { launch } = await guardian.spawn(home.node('trading', code));
    await home.line('trading', 'up');
    const rule = { ...patient, signal: 'SIGINT' } as const;
    expect(await guardian.stopTree('trading', launch, rule)).to.deep.equal([]);
    const exit = await exitOf(launch);
    expect(exit).to.include({ code: 5, signal: null });
    expect(exit.output).to.deep.equal(['up', 'bye']);
  });

  it('kills what ignores the signal, with all that it started', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const script = "trap '' TERM; sh -c \"trap '' TERM; echo inner; sleep 60; sleep 60\" & wait";
    const { launch } = await guardian.spawn(home.shell('trading', script));
    await home.line('trading', 'inner');
    expect(await guardian.stopTree('trading', launch, short)).to.deep.equal([]);
    expect((await exitOf(launch)).signal).to.equal('SIGKILL');
    expect(home.processes()).to.deep.equal([home.keeperPid()]);
  });

  it('begins with SIGKILL when the timeout is 0', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const code = `process.on('SIGTERM', () => process.exit(0)); console.log('up'); ${stayAlive}`;
    const { launch } = await guardian.spawn(home.node('trading', code));
    await home.line('trading', 'up');
    await guardian.stopTree('trading', launch, { ...patient, timeoutMs: 0 });
    expect((await exitOf(launch)).signal).to.equal('SIGKILL');
  });

  it('reaches a grandchild in a session of its own', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const code = `${startsDetached(`console.log('grandchild up'); ${stayAlive}`)} ${stayAlive}`;
    const { launch } = await guardian.spawn(home.node('trading', code));
    await home.line('trading', 'grandchild up');
    expect(await guardian.stopTree('trading', launch, patient)).to.deep.equal([]);
    expect(home.processes()).to.deep.equal([home.keeperPid()]);
  });

  it('reaches a daemonised descendant by its environment, after all ancestors have gone', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const daemonised = `${ignoreTerm} console.log('daemonised up'); ${stayAlive}`;
    const code = `${startsDetached(startsDetached(daemonised))} process.on('SIGUSR2', () => process.exit(1)); ${stayAlive}`;
    const stop = { ...patient, timeoutMs: 300 };
    const { launch, identity } = await guardian.spawn(home.node('trading', code, { stop }));
    await home.line('trading', 'daemonised up');
    process.kill(identity.pid, 'SIGUSR2');
    await exitOf(launch);
    expect(await guardian.stopTree('trading', launch, short)).to.deep.equal([]);
    expect(home.processes()).to.deep.equal([home.keeperPid()]);
  });

  it('lets a stopped process hear the signal', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const code = `process.on('SIGTERM', () => process.exit(9)); console.log('up'); ${stayAlive}`;
    const { launch, identity } = await guardian.spawn(home.node('trading', code));
    await home.line('trading', 'up');
    process.kill(identity.pid, 'SIGSTOP');
    await guardian.stopTree('trading', launch, patient);
    expect((await exitOf(launch)).code).to.equal(9);
  });

  it('ends what a crashed launch left behind before the next launch starts', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const left = `${ignoreTerm} console.log('left', process.pid); ${stayAlive}`;
    const code = `${startsDetached(left)} process.on('SIGUSR2', () => process.exit(1)); ${stayAlive}`;
    const stop = { ...patient, timeoutMs: 200 };
    const { launch, identity } = await guardian.spawn(home.node('trading', code, { stop }));
    const { text } = await home.line('trading', /^left \d+$/);
    const leftPid = Number(text.split(' ')[1]);
    process.kill(identity.pid, 'SIGUSR2');
    await exitOf(launch);
    const next = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    expect(isRunning(leftPid)).to.equal(false);
    expect(isRunning(next.identity.pid)).to.equal(true);
  });

  it('leaves the rest alone where the scope says so', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const stop: StopRule = { ...patient, scope: 'process' };
    const code = `${startsDetached(`console.log('job up'); ${stayAlive}`)} ${stayAlive}`;
    const { launch } = await guardian.spawn(home.node('trading', code, { stop }));
    await home.line('trading', 'job up');
    expect(await guardian.stopTree('trading', launch, stop)).to.deep.equal([]);
    await exitOf(launch);
    expect(home.processes()).to.have.length(2);
  });

  it('stops a launch that still waits for leftovers, and answers both', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const left = `${ignoreTerm} console.log('left up'); ${stayAlive}`;
    const stop = { ...patient, timeoutMs: 1000 };
    const code = `${startsDetached(left)} process.on('SIGUSR2', () => process.exit(1)); ${stayAlive}`;
    const { launch, identity } = await guardian.spawn(home.node('trading', code, { stop }));
    await home.line('trading', 'left up');
    process.kill(identity.pid, 'SIGUSR2');
    await exitOf(launch);
    const spawning = guardian.spawn(home.shell('trading', 'exec sleep 60')).then(
      () => 'started',
      (error: unknown) => (error as { code: string }).code,
    );
    await guardian.stopTree('trading', null, short);
    expect(await spawning).to.equal('superseded');
    expect(home.processes()).to.deep.equal([home.keeperPid()]);
  });

  it('leaves a newer launch in peace when the end of an older one is asked for', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const older = await guardian.spawn(home.shell('trading', 'exit 0'));
    await exitOf(older.launch);
    const newer = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    expect(await guardian.stopTree('trading', older.launch, short)).to.deep.equal([]);
    expect(isRunning(newer.identity.pid)).to.equal(true);
  });

  it('kills all trees at once', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const script = "trap '' TERM; sleep 60 & wait";
    for (const name of ['a', 'b', 'c']) await guardian.spawn(home.shell(name, script));
    expect(await guardian.killAll()).to.deep.equal([]);
    expect(home.processes()).to.deep.equal([home.keeperPid()]);
  });
});
