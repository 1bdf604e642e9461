import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Happening } from '../../../../modules/monitoring/happening.ts';
import { Journal, type JournalOptions } from '../../../../modules/monitoring/store/journal.ts';
import { needsMount, smallDisks } from '../../../support/small-disk.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { silent } from './fresh-stores.ts';
import { beginMs, happeningAt } from './given.ts';

const seed = 8_039_002;
const everything = { limit: 10_000 };

describe('the journal of happenings', () => {
  const freshDisk = smallDisks();
  const freshFolder = temporaryFolders();
  const opened = (folder: string, options: Partial<JournalOptions> = {}) =>
    Journal.open({ file: join(folder, 'happenings.jsonl'), log: silent, ...options });

  it(`is, opened again, what it was, whatever was done to it (seed ${seed})`, async () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('add' as const), notes: fc.string() }),
      fc.record({ what: fc.constantFrom('change' as const, 'store' as const), id: fc.nat(12) }),
      fc.record({ what: fc.constantFrom('remove' as const, 'renumber' as const), id: fc.nat(12) }),
      fc.record({ what: fc.constant('reopen' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const folder = freshFolder();
        let journal = await opened(folder);
        const model = new Map<number, Happening>();
        let lastId = 0;
        for (const one of steps) {
          if (one.what === 'add') {
            const happening = await journal.add(happeningAt(beginMs, { notes: one.notes }));
            expect(happening.id, 'ids count up').to.be.greaterThan(lastId);
            lastId = happening.id;
            model.set(lastId, happening);
          } else if (one.what === 'reopen') {
            journal = await opened(folder);
          } else {
            const known = model.get(one.id);
            if (one.what === 'change') {
              const changed = await journal.change(one.id, { durationMs: 1 });
              expect(changed === null).to.equal(known === undefined);
              if (changed !== null) model.set(one.id, changed);
            } else if (one.what === 'store' && known !== undefined) journal.stored(known);
            else if (one.what === 'remove') {
              await journal.remove([one.id]);
              model.delete(one.id);
            } else if (one.what === 'renumber' && known !== undefined) {
              await journal.renumber(one.id);
              model.delete(one.id);
              lastId += 1;
              model.set(lastId, { ...known, id: lastId });
            }
          }
          const expected = [...model.values()].sort((a, b) => b.id - a.id);
          expect(journal.find(everything)).to.deep.equal(expected);
        }
        const expected = [...model.values()].sort((a, b) => b.id - a.id);
        expect((await opened(folder)).find(everything)).to.deep.equal(expected);
      }),
      { seed, numRuns: 12 },
    );
  });

  it('keeps every happening that was whole, wherever a crash has cut the file', async () => {
    const folder = freshFolder();
    const file = join(folder, 'happenings.jsonl');
    const journal = await opened(folder);
    const ends = [0];
    for (let index = 0; index < 3; index += 1) {
      await journal.add(happeningAt(beginMs + index));
      ends.push(statSync(file).size);
    }
    const whole = readFileSync(file);
    const cuts = [...ends, ...ends.map((end) => end + 1), ...ends.map((end) => end + 400)];
    for (const cut of cuts.filter((at) => at <= whole.length)) {
      writeFileSync(file, whole.subarray(0, cut));
      const reopened = await opened(folder);
      const kept = ends.filter((end) => end <= cut).length - 1;
      expect(reopened.find(everything), `cut at ${cut}`).to.have.length(kept);
      // And what comes next is not a part of what was torn.
      await reopened.add(happeningAt(beginMs + 9));
      expect((await opened(folder)).find(everything), `cut at ${cut}`).to.have.length(kept + 1);
      expect(existsSync(`${file}.damaged`), 'a cut is no damage').to.equal(false);
    }
  });

  it('sets a damaged file aside and takes over what can be read of it (row 39)', async () => {
    const folder = freshFolder();
    const file = join(folder, 'happenings.jsonl');
    const journal = await opened(folder);
    for (let index = 0; index < 3; index += 1) await journal.add(happeningAt(beginMs + index));
    const lines = readFileSync(file, 'utf8').split('\n');
    const damaged = [lines[0], 'happening {"id":', 'happening {"id":9}', '\0\0\0', lines[2], ''];
    writeFileSync(file, damaged.join('\n'));
    const reopened = await opened(folder);
    expect(reopened.find(everything).map(({ id }) => id)).to.deep.equal([3, 1]);
    expect(readFileSync(`${file}.damaged`, 'utf8')).to.equal(damaged.join('\n'));
    await reopened.add(happeningAt(beginMs + 9));
    expect((await opened(folder)).find(everything).map(({ id }) => id)).to.deep.equal([4, 3, 1]);
  });

  it('never gives an id twice, also when all that had one are gone', async () => {
    const folder = freshFolder();
    const journal = await opened(folder);
    const { id } = await journal.add(happeningAt(beginMs));
    await journal.remove([id]);
    expect((await (await opened(folder)).add(happeningAt(beginMs))).id).to.equal(id + 1);
  });

  it('lets the oldest go when it is full, and names the folders that have no owner then', async () => {
    const folder = freshFolder();
    const journal = await opened(folder, { bytesMax: 3000 });
    for (let index = 0; index < 20; index += 1) {
      await journal.add(happeningAt(beginMs + index, { folder: `folder-${index}` }));
    }
    const left = journal.find(everything);
    expect(left.length).to.be.within(2, 5);
    expect(left[0]?.folder).to.equal('folder-19');
    const gone = Array.from({ length: 20 - left.length }, (_, index) => `folder-${index}`);
    expect(journal.takeHomeless()).to.deep.equal(gone);
    expect(journal.takeHomeless()).to.deep.equal([]);
  });

  it('does not grow with changes, nor with what the database has', async () => {
    const folder = freshFolder();
    const file = join(folder, 'happenings.jsonl');
    const journal = await opened(folder, { storedMax: 3 });
    const { id } = await journal.add(happeningAt(beginMs));
    const [culprit] = happeningAt(beginMs).culprits;
    const large = { ...(culprit ?? expect.fail('no culprit')), share: 'x'.repeat(1000) };
    let bytesMax = 0;
    for (let index = 0; index < 40; index += 1) {
      await journal.change(id, { culprits: Array.from({ length: 20 }, () => large) });
      bytesMax = Math.max(bytesMax, statSync(file).size);
    }
    expect(bytesMax).to.be.within(250_000, 400_000);
    for (let index = 0; index < 10; index += 1) {
      journal.stored(await journal.add(happeningAt(beginMs + index)));
    }
    await journal.close();
    const left = (await opened(folder, { storedMax: 3 })).waiting();
    expect(left.map((one) => one.id)).to.deep.equal([id]);
    expect(journal.find(everything)).to.have.length(4);
  });

  it('refuses on a full disk, and goes on when there is room', async function () {
    needsMount(this);
    const folder = join(freshFolder(), 'disk');
    const disk = freshDisk(folder);
    const journal = await opened(folder);
    await journal.add(happeningAt(beginMs));
    disk.fill();
    const many = happeningAt(beginMs + 1, { notes: 'n'.repeat(900) });
    let refused: unknown = null;
    while (refused === null)
      refused = await journal.add(many).then(
        () => null,
        (error: unknown) => error,
      );
    const kept = journal.find(everything);
    expect(refused).to.include({ code: 'ENOSPC' });
    expect((await opened(folder)).find(everything), 'by the next process').to.deep.equal(kept);
    disk.free();
    const { id } = await journal.add(happeningAt(beginMs + 2));
    expect((await opened(folder)).find(everything)[0]).to.include({ id });
  });
});
