import { expect } from 'chai';
import { describe, it } from 'mocha';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, writeDurably } from '../../../modules/api/durable-file.ts';
import { needsMount, smallDisks } from '../../support/small-disk.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

describe('a file written durably', () => {
  const mount = smallDisks();
  const folders = temporaryFolders();

  it('is for its owner alone, replaces what was there, and leaves nothing beside it', async () => {
    const folder = folders();
    const file = path.join(folder, 'state.json');
    await writeDurably(file, 'one');
    await writeFile(`${file}.new`, 'torn by a crash, and longer', { mode: 0o600 });
    await writeDurably(file, Buffer.from('two'));
    expect(await readFile(file, 'utf8')).to.equal('two');
    expect(await readdir(folder)).to.deep.equal(['state.json']);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
  });

  it('holds what it held when the disk is full, and leaves no part of the new one', async function () {
    needsMount(this);
    const disk = path.join(folders(), 'disk');
    const small = mount(disk);
    const file = path.join(disk, 'state.json');
    await writeDurably(file, 'one');
    small.fill();
    const refused = await failure(writeDurably(file, Buffer.alloc(100_000)));
    expect(refused.code).to.equal('ENOSPC');
    small.free();
    expect(await readdir(disk)).to.deep.equal(['state.json']);
    expect(await readFile(file, 'utf8')).to.equal('one');
  });

  it('says so when it cannot take its name, and leaves no part there either', async () => {
    const folder = folders();
    await mkdir(path.join(folder, 'state.json', 'in the way'), { recursive: true });
    const refused = await failure(writeDurably(path.join(folder, 'state.json'), 'one'));
    expect(refused.code).to.equal('EISDIR');
    expect(await readdir(folder)).to.deep.equal(['state.json']);
    const gone = path.join(folder, 'gone');
    expect((await failure(writeDurably(path.join(gone, 'x'), ''))).code).to.equal('ENOENT');
    expect((await failure(syncFolder(gone))).code).to.equal('ENOENT');
  });
});

async function failure(promise: Promise<unknown>): Promise<NodeJS.ErrnoException> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error as NodeJS.ErrnoException,
  );
}
