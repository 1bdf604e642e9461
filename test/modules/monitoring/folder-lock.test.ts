import { expect } from 'chai';
import { describe, it } from 'mocha';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lockFolder } from '../../../modules/monitoring/folder-lock.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

describe('the lock on the data folder of monitoring', function () {
  if (process.platform !== 'linux') return void it.skip('only Linux gives names to processes');
  const freshFolder = temporaryFolders();

  it('is for one at a time (row 41)', async () => {
    const folder = freshFolder();
    const first = await lockFolder(folder);
    expect(first).not.to.equal(null);
    expect(await lockFolder(folder)).to.equal(null);
    const elsewhere = await lockFolder(freshFolder());
    expect(elsewhere).not.to.equal(null);
    await elsewhere!.release();
    await first!.release();
    const second = await lockFolder(folder);
    expect(second).not.to.equal(null);
    await second!.release();
  });

  it('goes with a process that is killed (row 41)', async () => {
    const folder = freshFolder();
    const module = new URL('../../../modules/monitoring/folder-lock.js', import.meta.url).href;
    const program = `
      import { lockFolder } from ${JSON.stringify(module)};
      const lock = await lockFolder(${JSON.stringify(folder)});
      setInterval(() => lock, 1000);
      console.log(lock === null ? 'taken' : 'locked');`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program]);
    try {
      const [said] = (await once(holder.stdout, 'data')) as [Buffer];
      expect(said.toString().trim()).to.equal('locked');
      expect(await lockFolder(folder)).to.equal(null);
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'close');
    }
    const lock = await lockFolder(folder);
    expect(lock).not.to.equal(null);
    await lock!.release();
  });
});
