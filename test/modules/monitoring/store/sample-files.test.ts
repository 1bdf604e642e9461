import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  SampleFiles,
  type SampleFilesOptions,
} from '../../../../modules/monitoring/store/sample-files.ts';
import { needsMount, smallDisks } from '../../../support/small-disk.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { silent } from './fresh-stores.ts';
import { beginMs, sampleAt } from './given.ts';

const all = { fromMs: -Infinity, untilMs: Infinity };

describe('the files of samples', () => {
  const freshDisk = smallDisks();
  const freshFolder = temporaryFolders();
  const opened = (folder: string, options: Partial<SampleFilesOptions> = {}) =>
    SampleFiles.open({ folder, log: silent, fileBytesMax: 5000, ...options });

  it('begin anew when they are long, and are read in order, also by the next process', async () => {
    const folder = freshFolder();
    const files = await opened(folder);
    for (let index = 0; index < 30; index += 1) await files.append([sampleAt(beginMs + index)]);
    const packed = readdirSync(folder).filter((name) => name.endsWith('.jsonl.gz'));
    expect(packed.length).to.be.within(3, 12);
    const expected = Array.from({ length: 30 }, (_, index) => index);
    expect(await times(files)).to.deep.equal(expected);
    expect(await times(await opened(folder))).to.deep.equal(expected);
    const within = { fromMs: beginMs + 29, untilMs: beginMs + 40 };
    expect((await times(files, within)).length).to.be.lessThan(12);
  });

  it('let the oldest go when all of them are too large', async () => {
    const folder = freshFolder();
    const bytesMax = 6000;
    const files = await opened(folder, { bytesMax, fileBytesMax: 3000 });
    for (let index = 0; index < 60; index += 1) await files.append([sampleAt(beginMs + index)]);
    const bytes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
    expect(bytes.reduce((sum, size) => sum + size, 0)).to.be.at.most(bytesMax);
    const left = await times(files);
    expect(left.at(-1)).to.equal(59);
    expect(left[0]).to.be.within(1, 57);
  });

  it('go on behind what a crash has cut short', async () => {
    const folder = freshFolder();
    await (await opened(folder)).append([sampleAt(beginMs)]);
    appendFileSync(join(folder, 'current.jsonl'), '{"sample":{"atMs":17');
    const next = await opened(folder);
    await next.append([sampleAt(beginMs + 1)]);
    expect(await times(next)).to.deep.equal([0, 1]);
  });

  it('count nothing twice after a crash in the middle of closing one', async () => {
    const folder = freshFolder();
    const files = await opened(folder);
    const samples = Array.from({ length: 3 }, (_, index) => sampleAt(beginMs + index));
    await files.append(samples);
    const left = join(folder, 'current.jsonl');
    const open = readFileSync(left);
    await (await opened(folder, { fileBytesMax: 1 })).append([]);
    expect(existsSync(left)).to.equal(false);
    writeFileSync(left, open);
    writeFileSync(join(folder, '1-2-3.jsonl.gz.new'), 'half');
    expect(await times(await opened(folder))).to.deep.equal([0, 1, 2]);
    expect(readdirSync(folder)).to.have.length(1);
  });

  it('give what is left when one of them is damaged, which is set aside (row 39)', async () => {
    const folder = freshFolder();
    const files = await opened(folder);
    for (let index = 0; index < 15; index += 1) await files.append([sampleAt(beginMs + index)]);
    const [packed = ''] = readdirSync(folder).filter((name) => name.endsWith('.gz'));
    writeFileSync(join(folder, packed), 'this is no gzip');
    appendFileSync(join(folder, 'current.jsonl'), '{}\t[]\nnull\t[]\nx\n[1]\t{}\n');
    const next = await opened(folder);
    const left = await times(next);
    expect(left.at(-1)).to.equal(14);
    expect(left[0]).to.be.greaterThan(0);
    expect(await times(next)).to.deep.equal(left);
    expect(existsSync(join(folder, 'damaged.jsonl.gz'))).to.equal(true);
  });

  it('lose the old part of a file that is old in part alone (row 40)', async () => {
    const folder = freshFolder();
    const files = await opened(folder);
    for (let index = 0; index < 30; index += 1) await files.append([sampleAt(beginMs + index)]);
    for (const [before, removed] of [
      [11, 11],
      [17, 6],
      [17, 0],
      [29, 12],
      [100, 1],
    ] as const) {
      expect(await files.prune(beginMs + before, { dryRun: true })).to.equal(removed);
      expect(await files.prune(beginMs + before, { dryRun: false })).to.equal(removed);
      const left = await times(await opened(folder));
      expect(left.length).to.equal(Math.max(0, 30 - before));
    }
  });

  it('refuse on a full disk, and go on without a trace of that', async function () {
    needsMount(this);
    const folder = join(freshFolder(), 'disk');
    const disk = freshDisk(folder);
    const files = await opened(folder, { fileBytesMax: 1_000_000 });
    await files.append([sampleAt(beginMs)]);
    disk.fill();
    const many = Array.from({ length: 20 }, (_, index) => sampleAt(beginMs + 1 + index));
    const refused = await files.append(many).then(
      () => null,
      (error: unknown) => error,
    );
    expect(refused).to.include({ code: 'ENOSPC' });
    disk.free();
    await files.append(many);
    expect(await times(files)).to.deep.equal(Array.from({ length: 21 }, (_, index) => index));
  });
});

async function times(files: SampleFiles, span = all): Promise<number[]> {
  const found: number[] = [];
  for await (const { samples } of files.read(span, { isWhole: true })) {
    found.push(...samples.map(({ sample }) => sample.atMs - beginMs));
  }
  return found;
}
