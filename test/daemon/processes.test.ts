import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'mocha';
import {
  bootId,
  commandLine,
  hasProc,
  identify,
  initialEnvironment,
  isAlive,
  parseStat,
  readProcess,
  snapshotProcesses,
} from '../../daemon/processes.ts';
import { until } from '../support/until.ts';

/** The fields after the command name, as proc(5) counts them; the start time is number 22. */
const rest = 'S 10 11 12 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 987654 0 0';

describe('a line of /proc/PID/stat', () => {
  const names = ['(node)', '(a b)', '(a) S 1 (b)', '(:-))', '(new\nline)', '()'];
  for (const name of names) {
    it(`is read past the command name ${JSON.stringify(name)}`, () => {
      expect(parseStat(`77 ${name} ${rest}`)).to.deep.equal({
        pid: 77,
        parentPid: 10,
        groupId: 11,
        sessionId: 12,
        zombie: false,
        stopped: false,
        startTime: '987654',
      });
    });
  }

  const states: [state: string, zombie: boolean][] = [
    ['R', false],
    ['D', false],
    ['T', false],
    ['Z', true],
    ['X', true],
  ];
  for (const [state, zombie] of states) {
    it(`is ${zombie ? 'dead' : 'alive'} in state ${state}`, () => {
      expect(parseStat(`77 (x) ${rest.replace('S', state)}`)?.zombie).to.equal(zombie);
    });
  }

  it('is stopped in state T alone', () => {
    const isStopped = (state: string) => parseStat(`77 (x) ${rest.replace('S', state)}`)?.stopped;
    expect(['R', 'S', 'D', 'T', 't', 'Z'].filter(isStopped)).to.deep.equal(['T']);
  });

  it('is alive in state Z while threads other than the first run on', () => {
    const threads = (count: number) => rest.replace('S', 'Z').replace('20 0 1', `20 0 ${count}`);
    expect(parseStat(`77 (x) ${threads(1)}`)?.zombie).to.equal(true);
    expect(parseStat(`77 (x) ${threads(2)}`)?.zombie).to.equal(false);
  });

  it('is nothing when it is cut short', () => {
    expect(parseStat('')).to.equal(null);
    expect(parseStat('77 (x) S 1 2')).to.equal(null);
  });
});

describe('processes of this machine', () => {
  it('shows this process with its parent, in the snapshot as alone', () => {
    const own = readProcess(process.pid);
    expect(own).to.include({ pid: process.pid, parentPid: process.ppid, zombie: false });
    expect(snapshotProcesses().get(process.pid)).to.deep.equal(own);
  });

  it('identifies a process until it has ended', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    const identity = identify(child.pid ?? 0);
    if (!identity) throw new Error('it is not there');
    expect(isAlive(identity)).to.equal(true);
    // For a moment after its exec the kernel shows none.
    await until('its command line', () => commandLine(identity.pid) !== '');
    expect(commandLine(identity.pid)).to.equal('sleep 60');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(identity)).to.equal(false);
    expect(identify(identity.pid)).to.equal(null);
  });

  it('takes no other start time and no other boot for the same process', () => {
    const own = identify(process.pid);
    if (!own) throw new Error('this process is not there');
    expect(own.bootId).to.equal(bootId());
    expect(isAlive(own)).to.equal(true);
    expect(isAlive({ ...own, startTime: `${own.startTime}0` })).to.equal(false);
    expect(isAlive({ ...own, bootId: 'another' })).to.equal(false);
  });

  it('does not take a zombie for alive', async function () {
    if (!hasProc) this.skip();
    // The shell starts a child that ends at once, and becomes a program that reaps nothing.
    const parent = spawn('sh', ['-c', 'true & exec sleep 60'], { stdio: 'ignore' });
    const zombie = await until('a zombie', () =>
      [...snapshotProcesses().values()].find((one) => one.parentPid === parent.pid && one.zombie),
    );
    expect(identify(zombie.pid)).to.equal(null);
    expect(isAlive({ ...zombie, bootId: bootId() })).to.equal(false);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  });

  it('reads the environment a process was started with', async function () {
    if (!hasProc) this.skip();
    const child = spawn('sleep', ['60'], {
      stdio: 'ignore',
      env: { MARK: 'here', HOME_OF: '/home/José ☃', PATH: process.env['PATH'] },
    });
    await once(child, 'spawn');
    expect(initialEnvironment(child.pid ?? 0)).to.include.members([
      'MARK=here',
      'HOME_OF=/home/José ☃',
    ]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(initialEnvironment(child.pid ?? 0)).to.equal(null);
  });
});
