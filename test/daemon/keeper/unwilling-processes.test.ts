import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import type { StopRule } from '../../../daemon/keeper/protocol.ts';
import { readProcess } from '../../../daemon/processes.ts';
import { isRunning } from '../../support/processes.ts';
import { pythonEnv, whyNoPython } from '../../support/python.ts';
import { until } from '../../support/until.ts';
import { type KeeperHome, keeperHomes } from './keeper-home.ts';

const patient: StopRule = { signal: 'SIGTERM', timeoutMs: 20_000, scope: 'tree' };
const short: StopRule = { signal: 'SIGTERM', timeoutMs: 200, scope: 'tree' };

describe('processes that do not want to end', () => {
  const homes = keeperHomes();

  /** The number in the first line that is `what NUMBER`. */
  async function pidSaid(home: KeeperHome, what: string): Promise<number> {
    const { text } = await home.line('trading', new RegExp(`^${what} \\d+$`));
    return Number(text.split(' ')[1]);
  }

  /** Ignores SIGTERM without any trace of the module in its environment; named for the clean-up. */
  function anonymous(home: KeeperHome): string {
    const code = `trap "" TERM; echo anonymous $$; while :; do /bin/sleep 1; done`;
    return `env -i /bin/sh -c '${code}' ${home.path}`;
  }

  it('are found in a session of their own with a wiped environment while their parent lives', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const script = `setsid ${anonymous(home)} & wait`;
    const { launch } = await guardian.spawn(home.shell('trading', script));
    const pid = await pidSaid(home, 'anonymous');
    // The parent ends at once, and with it the last that ties the other to the module.
    expect(await guardian.stopTree('trading', launch, short)).to.deep.equal([]);
    expect(isRunning(pid)).to.equal(false);
  });

  it('are found with a wiped environment in the session of a module that has crashed', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const spec = home.shell('trading', `${anonymous(home)} & wait`, { stop: short });
    const { launch, identity } = await guardian.spawn(spec);
    const pid = await pidSaid(home, 'anonymous');
    process.kill(identity.pid, 'SIGKILL');
    await exitOf(launch);
    await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    expect(isRunning(pid)).to.equal(false);
  });

  it('hear the signal also when they are stopped, in a session of their own', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const helper = `trap "echo heard; exit" TERM; echo helper $$; while :; do sleep 0.1; done`;
    const script = `setsid sh -c '${helper}' & wait`;
    const { launch } = await guardian.spawn(home.shell('trading', script));
    process.kill(await pidSaid(home, 'helper'), 'SIGSTOP');
    expect(await guardian.stopTree('trading', launch, patient)).to.deep.equal([]);
    await exitOf(launch);
    await home.line('trading', 'heard');
  });

  it('are caught while they fork from session to session', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const hop = join(home.path, 'hop.sh');
    writeFileSync(
      hop,
      `trap '' TERM; [ $1 = 99999 ] || setsid sh "$0" $(($1 + 1)) & echo hop $1\n`,
    );
    const { launch } = await guardian.spawn(
      home.shell('trading', `sh ${hop} 0; exec sleep 60`, { stop: short }),
    );
    await home.line('trading', 'hop 20');
    expect(await guardian.stopTree('trading', launch, short)).to.deep.equal([]);
    // Long enough for hundreds of hops, had one escaped.
    const busy = 'echo begin; i=0; while [ $i -lt 300 ]; do i=$((i+1)); /bin/true; done; echo end';
    await guardian.spawn(home.shell('trading', busy));
    await home.line('trading', 'end');
    const texts = home.texts('trading');
    expect(texts.slice(texts.indexOf('begin'))).to.deep.equal(['begin', 'end']);
  });

  it('are not zombies: nobody waits for one that is never reaped', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    // Its parent is no part of the module any more once the module has ended.
    const code = 'console.log("apart"); setInterval(() => {}, 1000)';
    // It is ended with the module, when its parent is no shell any more, which would reap it.
    const parent = `sleep 600 & echo zombie $!; exec setsid env -i ${process.execPath} -e '${code}' ${home.path}`;
    const spec = home.shell('trading', `(${parent}) & wait`);
    const { launch, identity } = await guardian.spawn(spec);
    const pid = await pidSaid(home, 'zombie');
    await home.line('trading', 'apart');
    process.kill(identity.pid, 'SIGKILL');
    await exitOf(launch);
    await until('it has ended', () => readProcess(pid)?.zombie);
    await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    expect(readProcess(pid)?.zombie, 'it is still there').to.equal(true);
  });

  it('are alive while a thread runs, also when the first one has ended', async function () {
    const why = whyNoPython('ctypes');
    if (why !== null) {
      if (this.test) this.test.title += ` (skipped: ${why})`;
      this.skip();
    }
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const code = `
import ctypes, signal, threading, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
threading.Thread(target=time.sleep, args=(60,)).start()
print("up", flush=True)
ctypes.CDLL(None).pthread_exit(None)`;
    const spec = home.shell('trading', '', { argv: ['/usr/bin/env', 'python3', '-c', code] });
    const { launch, identity } = await guardian.spawn({
      ...spec,
      env: { ...spec.env, ...pythonEnv },
    });
    await home.line('trading', 'up');
    await until('its first thread has ended', () => !isRunning(identity.pid));
    expect(await guardian.stopTree('trading', launch, short)).to.deep.equal([]);
    expect((await exitOf(launch)).signal).to.equal('SIGKILL');
  });
});
