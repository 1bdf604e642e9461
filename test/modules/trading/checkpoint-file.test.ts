import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { CheckpointFile } from '../../../modules/trading/checkpoint-file.ts';

describe('the checkpoint file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'superbot-checkpoint-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is absent before the first save, which makes its folders', async () => {
    const file = new CheckpointFile(path.join(folder, 'data', 'trading', 'replay.json'));
    expect(await file.load()).to.equal(undefined);
    await file.save('one');
    await file.save('two');
    expect(await file.load()).to.equal('two');
    expect(await readdir(path.dirname(file.path))).to.deep.equal(['replay.json']);
    expect((await stat(file.path)).mode & 0o777).to.equal(0o600);
  });

  it('keeps the last whole save when a later one was cut off', async () => {
    const file = new CheckpointFile(path.join(folder, 'replay.json'));
    await file.save('whole');
    await writeFile(`${file.path}.new`, 'ha');
    expect(await file.load()).to.equal('whole');
    await file.save('next');
    expect(await file.load()).to.equal('next');
  });

  it('says so when it cannot be read or written', async () => {
    const file = new CheckpointFile(folder);
    const failure = await file.load().catch((error: unknown) => error);
    expect(failure).to.be.an('error').with.property('code', 'EISDIR');
    const below = new CheckpointFile(path.join(folder, 'file', 'replay.json'));
    await writeFile(path.join(folder, 'file'), '');
    const refused = await below.save('x').catch((error: unknown) => error);
    expect(refused).to.be.an('error').with.property('code').that.is.oneOf(['ENOTDIR', 'EEXIST']);
  });
});
