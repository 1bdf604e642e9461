import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readProcess, snapshotProcesses } from '../../../daemon/processes.ts';
import { type Clock, realClock } from '../../../modules/api/clock.ts';
import type { LogFields } from '../../../modules/api/log.ts';
import {
  commandOf,
  KeepAwake,
  type KeepAwakeCommand,
} from '../../../modules/monitoring/keep-awake.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/until.ts';

describe('the keep-awake helper', () => {
  let logged: { readonly message: string; readonly fields: LogFields }[];
  const pids = new Set<number>();

  beforeEach(() => {
    logged = [];
  });

  afterEach(() => {
    for (const pid of pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    pids.clear();
  });

  function keeping(command: KeepAwakeCommand | null, clock: Clock = realClock): KeepAwake {
    const note = (message: string, fields: LogFields = {}) => logged.push({ message, fields });
    return new KeepAwake({ clock, log: { info: note, warn: note }, command });
  }

  async function started(keepAwake: KeepAwake): Promise<number> {
    await keepAwake.start();
    const pid = Number(
      logged.find(({ message }) => message === 'caffeinate_started')?.fields['pid'],
    );
    pids.add(pid);
    return pid;
  }

  function messages(): string[] {
    return logged.map(({ message }) => message);
  }

  it('is there while it runs, and gone after the stop (row 27)', async () => {
    const keepAwake = keeping(['cat']);
    const pid = await started(keepAwake);
    expect(isRunning(pid)).to.equal(true);
    await keepAwake.stop();
    expect(isRunning(pid)).to.equal(false);
    await keepAwake.stop();
    expect(messages()).to.deep.equal(['caffeinate_started', 'caffeinate_stopped']);
  });

  it('is gone with what it has started', async () => {
    const keepAwake = keeping(['sh', '-c', 'exec 3<&0; cat <&3 & wait']);
    const pid = await started(keepAwake);
    const child = await until('a process of the helper', () =>
      [...snapshotProcesses().values()].find(({ parentPid }) => parentPid === pid),
    );
    pids.add(child.pid);
    await keepAwake.stop();
    expect(isRunning(pid)).to.equal(false);
    expect(isRunning(child.pid)).to.equal(false);
  });

  it('is killed when it is still there after five seconds (row 27)', async () => {
    const clock = new FakeClock();
    const keepAwake = keeping(['sh', '-c', "trap '' TERM; exec sleep 1000"], clock);
    const pid = await started(keepAwake);
    await until('sleep, which has no ear for SIGTERM', () => nameOf(pid) === 'sleep');
    const stopping = keepAwake.stop();
    await clock.advance(4999);
    expect(isRunning(pid)).to.equal(true);
    await clock.advance(1);
    await stopping;
    expect(isRunning(pid)).to.equal(false);
  });

  it('ends with a process that is killed', async () => {
    const module = new URL('../../../modules/monitoring/keep-awake.js', import.meta.url).href;
    const clock = new URL('../../../modules/api/clock.js', import.meta.url).href;
    const program = `
      import { KeepAwake } from '${module}';
      import { realClock as clock } from '${clock}';
      const log = { info: (_, { pid }) => console.log(pid), warn: console.error };
      await new KeepAwake({ clock, log, command: ['cat'] }).start();
      setInterval(() => {}, 1000);`;
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: [...stdio],
    });
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    const pid = Number(line);
    pids.add(pid);
    expect(isRunning(pid)).to.equal(true);
    child.kill('SIGKILL');
    await until('the end of the helper', () => !isRunning(pid));
  });

  it('is only a warning when it is absent (row 27)', async () => {
    const keepAwake = keeping(['/nowhere/systemd-inhibit']);
    await keepAwake.start();
    await keepAwake.stop();
    expect(messages()).to.deep.equal(['caffeinate_not_found']);
    expect(logged[0]?.fields).to.have.nested.property('error.code', 'ENOENT');
  });

  it('is only a warning on a platform that has none', async () => {
    const keepAwake = keeping(commandOf('aix'));
    await keepAwake.start();
    await keepAwake.stop();
    expect(messages()).to.deep.equal(['caffeinate_not_found']);
  });

  it('is a warning, once, and with its own words, when it ends by itself', async () => {
    const keepAwake = keeping(['sh', '-c', 'echo there is no bus >&2; exit 3']);
    await keepAwake.start();
    await until('the news of its end', () => messages().includes('caffeinate_stopped'));
    await keepAwake.stop();
    expect(messages()).to.deep.equal(['caffeinate_started', 'caffeinate_stopped']);
    expect(logged[1]?.fields).to.include({ code: 3, complaint: 'there is no bus' });
  });
});

function isRunning(pid: number): boolean {
  const info = readProcess(pid);
  return info !== null && !info.zombie;
}

function nameOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
}
