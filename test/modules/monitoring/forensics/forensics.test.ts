import { expect } from 'chai';
import { describe, it } from 'mocha';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ForensicsOptions } from '../../../../modules/monitoring/forensics/forensics.ts';
import type { Source } from '../../../../modules/monitoring/forensics/source.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { openForensics, quick } from './open-forensics.ts';
import { pauseRequest } from './requests.ts';

describe('forensics', () => {
  const folders = temporaryFolders();
  const open = (change: Partial<ForensicsOptions> = {}) => openForensics(folders(), change);
  const read = (...parts: string[]): unknown =>
    JSON.parse(readFileSync(path.join(...parts), 'utf8'));

  it('keep the four facts of a pause, its culprits and a summary (row 34)', async () => {
    const { forensics, folder } = open();
    const capture = await forensics.capture(pauseRequest());
    expect(capture?.folder).to.equal('2026-11-22_03-04-05');
    const files = await capture?.finished;
    expect(files?.map(({ name, failure }) => [name, failure])).to.deep.equal([
      ['metadata.json', null],
      ['quick.json', null],
      ['summary.json', null],
    ]);
    const place = path.join(folder, '2026-11-22_03-04-05');
    expect(read(place, 'metadata.json')).to.include({
      ...{ timestamp: '2026-11-22T03:04:05.500Z', duration: 12, expected_interval: 5 },
      ...{ latency_ratio: 2.4, trigger: 'pause' },
    });
    expect(read(place, 'summary.json')).to.have.nested.property(
      'culprits[0].process.module',
      'bot',
    );
    const { atMs } = pauseRequest().metadata;
    const shown = await forensics.folders();
    expect(shown).to.have.length(1);
    expect(shown[0]).to.include({ name: capture?.folder, atMs: Math.floor(atMs / 1000) * 1000 });
    expect(await forensics.read('2026-11-22_03-04-05')).to.include({ isComplete: true });
    expect(await forensics.remove(['2026-11-22_03-04-05'])).to.equal(1);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('have one folder in each debounce window, however many samples ask (row 36)', async () => {
    const { forensics, clock, folder } = open({ debounceMs: 60_000 });
    const taken: number[] = [];
    for (let second = 0; second < 100; second += 1) {
      const capture = await forensics.capture(pauseRequest({ trigger: 'critical' }));
      await capture?.finished;
      if (capture !== null) taken.push(second);
      await clock.advance(1000);
    }
    expect(taken).to.deep.equal([0, 60]);
    expect(readdirSync(folder)).to.have.length(2);
    // A pause is something else, and says more than what came before it.
    expect(await forensics.capture(pauseRequest())).not.to.equal(null);
    await forensics.stop();
  });

  it('write an explicit reason for each part that fails, and all of the others (row 35)', async () => {
    const failing = (file: string, gather: Source['gather']): Source => ({
      ...{ file, deadlineMs: 10_000, gather },
    });
    const partly = (signal: AbortSignal): Promise<{ data: string; note: string }> =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ data: 'half', note: 'not all' }));
      });
    const { forensics, clock, folder } = open({
      sources: [
        failing('refused.txt', () => Promise.reject(new Error('it is for root alone'))),
        failing('hangs.txt', () => new Promise(() => undefined)),
        failing('partly.txt', (_, signal) => partly(signal)),
        failing('huge.bin', () =>
          Promise.resolve({ data: Buffer.alloc(17 * 1024 * 1024), note: null }),
        ),
        failing('circular.json', () => {
          throw new TypeError('cannot be told');
        }),
        failing('missing/folder.txt', () => Promise.resolve({ data: '', note: null })),
        quick,
      ],
    });
    const capture = await forensics.capture(pauseRequest());
    await clock.advance(10_000);
    await clock.advance(2000);
    const files = (await capture?.finished) ?? [];
    const told = Object.fromEntries(
      files.map(({ name, failure, note }) => [name, failure ?? note]),
    );
    expect(told).to.include({
      'metadata.json': null,
      'refused.txt': 'it is for root alone',
      'hangs.txt': 'it took longer than 10 s',
      'partly.txt': 'not all',
      'huge.bin': 'it has 17825792 bytes, more than are kept',
      'circular.json': 'cannot be told',
      'quick.json': null,
      'summary.json': null,
    });
    expect(told['missing/folder.txt']).to.match(/ENOENT/);
    const place = path.join(folder, capture?.folder ?? '');
    expect(readdirSync(place).sort()).to.deep.equal([
      ...['metadata.json', 'partly.txt', 'quick.json', 'summary.json'],
    ]);
    expect(readFileSync(path.join(place, 'partly.txt'), 'utf8')).to.equal('half');
    const asRead = await forensics.read(capture?.folder ?? '');
    expect(asRead?.files).to.deep.include({
      ...{ name: 'hangs.txt', bytes: null, failure: 'it took longer than 10 s', note: null },
    });
  });

  it('end what runs when they are stopped, with what there is, and take nothing more', async () => {
    let signalled: unknown = null;
    const waiting: Source = {
      file: 'waits.txt',
      deadlineMs: 30_000,
      gather: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            signalled = signal.reason;
            reject(signal.reason as Error);
          });
        }),
    };
    const { forensics, folder } = open({ sources: [quick, waiting] });
    const capture = await forensics.capture(pauseRequest());
    await forensics.stop();
    expect(signalled).to.be.an('error');
    expect(readdirSync(path.join(folder, capture?.folder ?? ''))).to.include('summary.json');
    const files = await capture?.finished;
    expect(files?.at(-2)).to.include({ failure: 'it was interrupted: the module stops' });
    expect(await forensics.capture(pauseRequest({ trigger: 'critical' }))).to.equal(null);
    await forensics.stop();
  });

  it('are stopped in three seconds also when a source does not hear of it', async () => {
    const deaf: Source = { ...quick, file: 'deaf.txt', gather: () => new Promise(() => undefined) };
    const { forensics, clock } = open({ sources: [deaf] });
    const capture = await forensics.capture(pauseRequest());
    const stopping = forensics.stop();
    await clock.advance(3000);
    await stopping;
    expect((await capture?.finished)?.[1]).to.include({ name: 'deaf.txt', bytes: null });
  });

  it('may be stopped without ever having captured anything, and leave no folder then', async () => {
    const { forensics, folder } = open();
    await forensics.stop();
    await forensics.stop();
    expect(existsSync(folder)).to.equal(false);
    expect(await forensics.folders()).to.deep.equal([]);
  });
});
