import { expect } from 'chai';
import { describe, it } from 'mocha';
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  listFolders,
  makeFolder,
  readFolder,
  removeFolders,
} from '../../../../modules/monitoring/forensics/folders.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';

const atMs = Date.parse('2026-11-22T03:04:05Z');
const name = '2026-11-22_03-04-05';

describe('the folders of captures', () => {
  const folders = temporaryFolders();
  const summary = {
    files: [
      { name: 'stacks.txt', bytes: 3, failure: null, note: '2 stacks are shown to root alone' },
      { name: 'trace.perf', bytes: null, failure: 'perf is not installed', note: null },
    ],
  };

  it('are made for their owner alone, one more for each of a second', async () => {
    const events = path.join(folders(), 'data', 'events');
    const made = await Promise.all([makeFolder(events, atMs), makeFolder(events, atMs + 999)]);
    expect(made.sort()).to.deep.equal([name, `${name}_1`]);
    expect(await makeFolder(events, atMs)).to.equal(`${name}_2`);
    expect(statSync(path.join(events, name)).mode & 0o777).to.equal(0o700);
  });

  it('are listed oldest first with their size, and nothing else is', async () => {
    const events = folders();
    expect(await listFolders(path.join(events, 'none'))).to.deep.equal([]);
    await makeFolder(events, atMs + 60_000);
    for (const collisions of ['_10', '_2', '']) mkdirSync(path.join(events, name + collisions));
    writeFileSync(path.join(events, name, 'ring.json'), 'four');
    writeFileSync(path.join(events, name, 'trace.perf.new'), 'is being written');
    mkdirSync(path.join(events, 'a stranger'));
    writeFileSync(path.join(events, '2026-11-22_03-04-09'), 'no folder');
    expect(await listFolders(events)).to.deep.equal([
      { name, atMs, bytes: 4 },
      { name: `${name}_2`, atMs, bytes: 0 },
      { name: `${name}_10`, atMs, bytes: 0 },
      { name: '2026-11-22_03-05-05', atMs: atMs + 60_000, bytes: 0 },
    ]);
  });

  it('say what is there, what is missing of it, and why the rest is not there', async () => {
    const events = folders();
    await makeFolder(events, atMs);
    const folder = path.join(events, name);
    writeFileSync(path.join(folder, 'metadata.json'), '{"trigger":"pause","duration":5}');
    writeFileSync(path.join(folder, 'stacks.txt'), 'abc');
    writeFileSync(path.join(folder, 'summary.json'), JSON.stringify(summary));
    expect(await readFolder(events, name)).to.deep.equal({
      path: folder,
      trigger: 'pause',
      metadata: { trigger: 'pause', duration: 5 },
      isComplete: true,
      files: [
        { name: 'metadata.json', bytes: 32, failure: null, note: null },
        { name: 'stacks.txt', bytes: 3, failure: null, note: summary.files[0]?.note },
        { name: 'summary.json', bytes: JSON.stringify(summary).length, failure: null, note: null },
        { name: 'trace.perf', bytes: null, failure: 'perf is not installed', note: null },
      ],
    });
  });

  it('are read as far as a crash has let them come', async () => {
    const events = folders();
    await makeFolder(events, atMs);
    const folder = path.join(events, name);
    expect(await readFolder(events, name)).to.deep.include({
      ...{ trigger: null, metadata: null, isComplete: false, files: [] },
    });
    for (const damaged of ['', '{', '[]', '{"files":[{"name":7}]}', 'null']) {
      writeFileSync(path.join(folder, 'summary.json'), damaged);
      writeFileSync(path.join(folder, 'metadata.json'), damaged);
      const read = await readFolder(events, name);
      expect(read, damaged).to.include({ isComplete: false, trigger: null });
      expect(read?.files.map((one) => one.name)).to.deep.equal(['metadata.json', 'summary.json']);
    }
  });

  it('are removed by name, those that are gone already not counted, and never anything else', async () => {
    // Everything that a name could lead to is the test's own, and goes with it.
    const root = path.join(folders(), 'root');
    const [events, outside] = [path.join(root, 'events'), path.join(root, 'outside')];
    mkdirSync(outside, { recursive: true });
    writeFileSync(path.join(outside, 'kept'), '');
    await makeFolder(events, atMs);
    await makeFolder(events, atMs);
    writeFileSync(path.join(events, name, 'ring.json'), 'four');
    symlinkSync(outside, path.join(events, name, 'elsewhere'));
    const names = [name, 'a stranger', '..', '../outside', '2020-01-01_00-00-00'];
    mkdirSync(path.join(events, 'a stranger'));
    expect(await removeFolders(events, names)).to.equal(1);
    expect(readdirSync(events).sort()).to.deep.equal([`${name}_1`, 'a stranger']);
    expect(existsSync(path.join(outside, 'kept'))).to.equal(true);
    expect(await readFolder(events, name)).to.equal(null);
    expect(await readFolder(events, '..')).to.equal(null);
  });
});
