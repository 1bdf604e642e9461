import { expect } from 'chai';
import { describe, it } from 'mocha';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { keeperFiles } from '../../../daemon/keeper/files.ts';
import { RunFolder } from '../../../daemon/keeper/run-folder.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

describe('the look after run/', () => {
  const folders = temporaryFolders();

  async function watched() {
    const clock = new FakeClock();
    const home = folders();
    const { runDir, socket, identity } = keeperFiles(home);
    const state = { hasDaemon: false };
    const folder = new RunFolder({
      system: clock,
      home,
      restore: () => {
        writeFileSync(socket, '');
        return Promise.resolve();
      },
      name: () => writeFileSync(identity, ''),
      hasDaemon: () => state.hasDaemon,
      warn: () => undefined,
    });
    folder.watch();
    await clock.advance(800);
    expect(existsSync(socket), 'made at the first look').to.equal(true);
    return {
      ...{ clock, folder, state },
      isThere: () => existsSync(socket) && existsSync(identity),
      remove: () => rmSync(runDir, { recursive: true }),
    };
  }

  it('restores it within 0.8 s without a daemon, within 2.4 s with one', async () => {
    const { clock, folder, state, isThere, remove } = await watched();
    remove();
    await clock.advance(800);
    expect(isThere()).to.equal(true);
    state.hasDaemon = true;
    await clock.advance(800);
    remove();
    await clock.advance(2399);
    expect(isThere()).to.equal(false);
    await clock.advance(1);
    expect(isThere()).to.equal(true);
    folder.close();
  });

  it('comes at once when the daemon leaves, whose successor looks for the keeper there', async () => {
    const { clock, folder, state, isThere, remove } = await watched();
    state.hasDaemon = true;
    await clock.advance(800);
    remove();
    state.hasDaemon = false;
    folder.lookNow();
    await clock.advance(0);
    expect(isThere()).to.equal(true);
    remove();
    await clock.advance(800);
    expect(isThere(), 'and goes on').to.equal(true);
    folder.close();
    remove();
    folder.lookNow();
    await clock.advance(5000);
    expect(isThere(), 'after its end').to.equal(false);
  });
});
