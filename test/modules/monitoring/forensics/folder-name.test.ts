import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { folderName, timeOfFolder } from '../../../../modules/monitoring/forensics/folder-name.ts';
import type { EventFolder } from '../../../../modules/monitoring/forensics/folders.ts';
import { surplus } from '../../../../modules/monitoring/forensics/room.ts';

const seed = 20_261_122;

describe('the name of a capture', () => {
  it('is the second of its happening in UTC, and a number where there are several', () => {
    const atMs = Date.parse('2026-11-22T03:04:05.678Z');
    expect(folderName(atMs)).to.equal('2026-11-22_03-04-05');
    expect(folderName(atMs, 2)).to.equal('2026-11-22_03-04-05_2');
    expect(timeOfFolder('2026-11-22_03-04-05_2')).to.equal(Date.parse('2026-11-22T03:04:05Z'));
  });

  it('gives its time back, and sorts by it', () => {
    const times = fc.integer({ min: 0, max: Date.parse('9999-12-31T23:59:59Z') });
    fc.assert(
      fc.property(times, times, fc.nat(9999), (one, other, collisions) => {
        expect(timeOfFolder(folderName(one, collisions))).to.equal(Math.floor(one / 1000) * 1000);
        if (folderName(one) < folderName(other)) expect(one).to.be.lessThan(other);
      }),
      { seed },
    );
  });

  it('is nothing else, so that nobody is led out of the folder', () => {
    for (const name of [
      ...['', '.', '..', '../2026-11-22_03-04-05', '2026-11-22_03-04-05/..', '2026-11-22'],
      ...[
        '2026-11-22_03-04-05_',
        '2026-13-22_03-04-05',
        '2026-11-22_25-04-05',
        ' 2026-11-22_03-04-05',
      ],
    ]) {
      expect(timeOfFolder(name), name).to.equal(null);
    }
  });
});

describe('the room for captures', () => {
  const folders = fc
    .array(fc.nat(1000))
    .map((sizes) => sizes.map((bytes, atMs): EventFolder => ({ name: `n${atMs}`, atMs, bytes })));

  it('is made by the oldest, no more of them than need be, and never by the newest', () => {
    fc.assert(
      fc.property(folders, fc.nat(20), fc.nat(5000), (all, foldersMax, bytesMax) => {
        const gone = surplus(all, { foldersMax, bytesMax });
        expect(gone).to.deep.equal(all.slice(0, gone.length).map(({ name }) => name));
        const fits = (rest: readonly EventFolder[]): boolean =>
          rest.length <= foldersMax && rest.reduce((sum, { bytes }) => sum + bytes, 0) <= bytesMax;
        const rest = all.slice(gone.length);
        if (all.length > 0) expect(rest).not.to.deep.equal([]);
        if (rest.length > 1) expect(fits(rest)).to.equal(true);
        if (gone.length > 0) expect(fits(all.slice(gone.length - 1))).to.equal(false);
      }),
      { seed },
    );
  });
});
