import { expect } from 'chai';
import { describe, it } from 'mocha';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { ForensicsOptions } from '../../../../modules/monitoring/forensics/forensics.ts';
import type { Source } from '../../../../modules/monitoring/forensics/source.ts';
import { needsMount, smallDisks } from '../../../support/small-disk.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';
import { openForensics, quick } from './open-forensics.ts';
import { pauseRequest } from './requests.ts';

describe('forensics and the disk', () => {
  const mount = smallDisks();
  const folders = temporaryFolders();
  const open = (change: Partial<ForensicsOptions> = {}) => openForensics(folders(), change);

  it('do not make a folder again that is removed while they write into it', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const waiting: Source = {
      ...quick,
      gather: (...given) => held.then(() => quick.gather(...given)),
    };
    const { forensics, folder } = open({ sources: [waiting] });
    const capture = await forensics.capture(pauseRequest());
    expect(await forensics.remove([capture?.folder ?? ''])).to.equal(1);
    release();
    const files = (await capture?.finished) ?? [];
    expect(files.slice(1).map(({ failure }) => failure?.split(':')[0])).to.deep.equal([
      ...['ENOENT', 'ENOENT'],
    ]);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('make room by the oldest', async () => {
    const { forensics, clock } = open({ foldersMax: 2, debounceMs: 0 });
    for (const day of ['20', '21', '22']) {
      const atMs = Date.parse(`2026-11-${day}T00:00:00Z`);
      const metadata = { ...pauseRequest().metadata, atMs };
      await (
        await forensics.capture(pauseRequest({ metadata }))
      )?.finished;
      await clock.advance(1);
    }
    expect((await forensics.folders()).map(({ name }) => name)).to.deep.equal([
      ...['2026-11-21_00-00-00', '2026-11-22_00-00-00'],
    ]);
  });

  it('say so when there is no place for them, stop what they gathered, and go on', async () => {
    const folder = path.join(folders(), 'events');
    writeFileSync(folder, 'in the way');
    let isStopped = false;
    const listening: Source = {
      ...quick,
      gather: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            isStopped = true;
            reject(new Error('stopped'));
          });
        }),
    };
    const { forensics, clock, logged } = open({ folder, sources: [listening], debounceMs: 1000 });
    expect(await forensics.capture(pauseRequest())).to.equal(null);
    expect(logged).to.have.length(1);
    expect(logged[0]).to.match(/^cannot keep what happened to the host: EEXIST/);
    expect(isStopped).to.equal(true);
    expect(await forensics.capture(pauseRequest())).to.equal(null);
    expect(logged).to.have.length(1);
    await clock.advance(1000);
    expect(await forensics.capture(pauseRequest())).to.equal(null);
    expect(logged, 'tried again').to.have.length(2);
    rmSync(folder);
    await clock.advance(1000);
    expect(await forensics.capture(pauseRequest())).not.to.equal(null);
    await forensics.stop();
  });

  it('leave others the rest of a disk that is almost full', async () => {
    const { forensics, logged, folder } = open({ freeBytesMin: Number.MAX_SAFE_INTEGER });
    expect(await forensics.capture(pauseRequest())).to.equal(null);
    expect(logged[0]).to.match(/only \d+ bytes are free on the disk of .* — make room$/);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('say of each file that the disk is full, and leave no part of any', async function () {
    needsMount(this);
    const folder = path.join(folders(), 'disk');
    const disk = mount(folder);
    const gather = (): Promise<{ data: string; note: null }> => {
      disk.fill();
      return Promise.resolve({ data: 'x'.repeat(100_000), note: null });
    };
    const { forensics } = open({ folder, sources: [{ ...quick, gather }] });
    const capture = await forensics.capture(pauseRequest());
    const files = (await capture?.finished) ?? [];
    expect(files.map(({ failure }) => failure).join('\n')).to.match(/^(ENOSPC.*\n?){3}$/);
    expect(readdirSync(path.join(folder, capture?.folder ?? ''))).to.deep.equal([]);
  });

  it('give up a disk that hangs, and ask no more of it before it is back', async () => {
    const { forensics, clock, folder } = open({ debounceMs: 0, sources: [fifo(), quick] });
    const capture = await forensics.capture(pauseRequest());
    const place = path.join(folder, capture?.folder ?? '');
    await until('a thread hangs', () => threadsOfUs().includes('wait_for_partner'));
    await clock.advance(75_000);
    const files = await capture?.finished;
    expect(files?.map(({ name, failure }) => [name, failure])).to.deep.equal([
      ['metadata.json', null],
      ['hangs.json', 'the disk did not take it in time'],
      ['quick.json', 'the disk did not take it in time'],
      ['summary.json', 'the disk did not take it in time'],
    ]);
    expect(await forensics.capture(pauseRequest())).to.equal(null);
    closeSync(
      openSync(path.join(place, 'hangs.json.new'), constants.O_RDONLY | constants.O_NONBLOCK),
    );
    const next = await until('it is asked again', () => forensics.capture(pauseRequest()));
    expect(next.folder).to.equal(`${capture?.folder ?? ''}_1`);
    await forensics.stop();

    /** Whoever opens it for writing hangs until somebody reads it. */
    function fifo(): Source {
      let times = 0;
      const gather = async (): Promise<{ data: string; note: null }> => {
        times += 1;
        const made = path.join(folder, '2026-11-22_03-04-05');
        await until('there is a folder', () => existsSync(made));
        if (times === 1) execFileSync('mkfifo', [path.join(made, 'hangs.json.new')]);
        return { data: 'x', note: null };
      };
      return { file: 'hangs.json', deadlineMs: 60_000, gather };
    }
  });
});

/** Where in the kernel each of our threads sleeps. */
function threadsOfUs(): string[] {
  const tasks = '/proc/self/task';
  return readdirSync(tasks).map((thread) => readFileSync(`${tasks}/${thread}/wchan`, 'utf8'));
}
