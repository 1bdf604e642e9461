import { expect } from 'chai';
import { describe, it } from 'mocha';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CurrentKeeper } from '../../../daemon/guardian/current-keeper.ts';
import { keeperFiles } from '../../../daemon/keeper/files.ts';
import { failure } from '../../rpc/failure.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

describe('a keeper that cannot be started', () => {
  const folder = temporaryFolders();

  it('is tried once a second at most, however many ask for it', async () => {
    const home = folder();
    const files = keeperFiles(home);
    mkdirSync(dirname(files.log));
    // In the place of its socket.
    mkdirSync(join(files.socket, 'full'), { recursive: true });
    const clock = new FakeClock();
    const keeper = new CurrentKeeper({
      home,
      lonelyMs: null,
      revive: null,
      log: { info: () => undefined, warn: () => undefined },
      system: clock,
      onEvent: () => undefined,
      onChildren: () => undefined,
      onReplaced: () => undefined,
    });
    const attempts = (): number => readFileSync(files.log, 'utf8').split('\n').length - 1;
    const { message } = await failure(keeper.connected());
    const once = attempts();
    expect(once).to.be.greaterThan(0);
    for (let n = 0; n < 10; n++)
      expect((await failure(keeper.connected())).message).to.equal(message);
    expect(attempts()).to.equal(once);
    await clock.advance(1000);
    await failure(keeper.connected());
    expect(attempts()).to.equal(2 * once);
  });
});
