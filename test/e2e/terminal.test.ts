import { expect } from 'chai';
import { describe, it } from 'mocha';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, statSync } from 'node:fs';
import { RpcError } from '../../rpc/errors.ts';
import type { DaemonProcess } from '../support/programs.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';

/** Long, because each refused start logs it several times. */
const program = `/nonexistent/${'program/'.repeat(480)}`;
const config = { modules: { missing: { type: 'exec', command: [program] } } };

describe("the daemon's terminal", () => {
  const homes = temporaryHomes();

  it('never holds it up where it is a pipe that nobody reads', async () => {
    const home = homes.create(config);
    const pipe = home.file('pipe', '');
    execFileSync('sh', ['-c', 'rm "$1" && mkfifo "$1"', 'sh', pipe]);
    // Open for reading as well, or nobody could open it for writing; but nothing is ever read.
    const fd = openSync(pipe, constants.O_RDWR);
    try {
      const daemon = await home.foreground({ stdout: fd }).ready();
      await makeItLog(home, 200_000);
      await expectCleanStop(daemon);
    } finally {
      closeSync(fd);
    }
  });

  it('never holds it up where it is a socket that nobody reads', async () => {
    const home = homes.create(config);
    const daemon = await home.foreground({ stdout: 'unread' }).ready();
    await makeItLog(home, 700_000);
    await expectCleanStop(daemon);
  });

  it('may be closed under it', async () => {
    const home = homes.create(config);
    const daemon = await home.foreground({ stdout: 'unread' }).ready();
    daemon.child.stdout?.destroy();
    await makeItLog(home, 50_000);
    await expectCleanStop(daemon);
  });

  it('may be missing altogether', async () => {
    const home = homes.create(config);
    const daemon = await home.foreground({ stdout: 'ignore' }).ready();
    await makeItLog(home, 50_000);
    await expectCleanStop(daemon);
  });
});

/** Every refused start is logged; with so many bytes any buffer on the way is full. */
async function makeItLog(home: TestHome, bytesMin: number): Promise<void> {
  const rpc = await home.rpc();
  while (statSync(home.paths.daemonLog).size < bytesMin) {
    const starts = Array.from({ length: 50 }, () =>
      rpc.call('module.start', { module: 'missing' }).catch((error: unknown) => error),
    );
    for (const refusal of await Promise.all(starts)) expect(refusal).to.be.instanceOf(RpcError);
  }
  expect((await rpc.call('daemon.status')).status).to.equal('running');
}

async function expectCleanStop(daemon: DaemonProcess): Promise<void> {
  expect(await daemon.stop()).to.deep.equal({ status: 0, signal: null });
}
