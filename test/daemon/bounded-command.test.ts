import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { randomBytes } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { realSystem } from '../../daemon/system.ts';
import { BoundedCommands } from '../../daemon/bounded-command.ts';
import { argumentsOf, environmentOf, isRunning, killAll } from '../support/processes.ts';
import { until } from '../support/until.ts';

const mark = `TEST_MARK=${randomBytes(8).toString('hex')}`;

/** What runs of the commands of this test. */
function left(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && environmentOf(pid).includes(mark))
    .filter(isRunning);
}

function run(script: string, signal = AbortSignal.timeout(20_000)): Promise<string | null> {
  const [name = '', value = ''] = mark.split('=');
  const env = { PATH: process.env['PATH'] ?? '', [name]: value };
  const argv = ['/bin/sh', '-c', script] as const;
  return new BoundedCommands(realSystem).run({ argv, cwd: tmpdir(), env, user: null }, signal);
}

function processesWith(argument: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => argumentsOf(pid).includes(argument));
}

/** Aborted once this many processes of the command run: then it does what it is there to do. */
function onceRunning(count: number): AbortSignal {
  const over = new AbortController();
  void until('it runs', () => left().length >= count).finally(() => over.abort());
  return over.signal;
}

describe('a bounded command', () => {
  /** Known by its arguments where nothing else of it is left. */
  const seconds = `1000.${randomBytes(4).readUInt32BE()}`;

  afterEach(() => killAll([...left(), ...processesWith(seconds)]));

  it('is well when it exits with 0', async () => {
    expect(await run('echo fine; exit 0')).to.equal(null);
  });

  it('says with which code it ended, and the last line that it printed', async () => {
    const why = await run('echo starting; echo "no reply from 10.0.0.7" >&2; exit 3');
    expect(why).to.equal('exit code 3: no reply from 10.0.0.7');
  });

  it('says by which signal it was ended', async () => {
    expect(await run('kill -SEGV $$')).to.equal('it was ended by SIGSEGV');
  });

  it('that cannot be executed is a failed check', async () => {
    const command = { argv: ['/nowhere/to/be/found'], cwd: tmpdir(), env: {}, user: null } as const;
    const commands = new BoundedCommands(realSystem);
    const why = await commands.run(command, AbortSignal.timeout(20_000));
    expect(why).to.match(/^it cannot be executed: .*ENOENT/);
  });

  it('may print a good deal: it is read and dropped', async () => {
    expect(await run('head -c 300000 /dev/zero')).to.equal(null);
  });

  it('that floods is ended, and so is what it started', async () => {
    expect(await run('sleep 1000 & yes')).to.match(/^it prints more than 1 MB/);
    expect(left()).to.deep.equal([]);
  });

  it('that hangs is ended at its timeout, also when it heeds no signal', async () => {
    const script = 'trap "" TERM INT HUP; while :; do sleep 1000; done';
    expect(await run(script, onceRunning(2))).to.equal('it did not end in time');
    expect(left()).to.deep.equal([]);
  });

  it('leaves nobody who listens to the signal that would have ended it', async () => {
    const { signal } = new AbortController();
    expect(await run('exit 0', signal)).to.equal(null);
    expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
  });

  it('that forks leaves nothing, neither in its session nor out of it', async () => {
    const forks = 'for i in 1 2 3 4 5 6 7 8 9 10; do (sleep 1000 &); setsid sleep 1000 & done';
    expect(await run(`${forks}; sleep 1000`, onceRunning(22))).to.equal('it did not end in time');
    expect(left()).to.deep.equal([]);
  });

  it('that ends leaves nobody who has wiped the environment, in a session of its own', async () => {
    const silently = '</dev/null >/dev/null 2>&1';
    for (const redirection of ['', silently]) {
      expect(await run(`setsid env -i sleep ${seconds} ${redirection} & exit 0`)).to.equal(null);
      expect(processesWith(seconds)).to.deep.equal([]);
    }
  });

  it('that is well and has left something behind leaves it no longer', async () => {
    expect(await run('setsid sleep 1000 </dev/null >/dev/null 2>&1 & exit 0')).to.equal(null);
    expect(left()).to.deep.equal([]);
  });

  it('does not wait for a child that keeps its output open', async () => {
    expect(await run('sleep 1000 & echo done; exit 4')).to.equal('exit code 4: done');
    expect(left()).to.deep.equal([]);
  });
});
