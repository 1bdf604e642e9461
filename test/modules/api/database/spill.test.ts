import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBatchWriter } from '../../../../modules/api/database.ts';
import { DatabaseError } from '../../../../modules/api/database/error.ts';
import { Spill } from '../../../../modules/api/database/spill.ts';
import { needsMount, smallDisks } from '../../../support/small-disk.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';
import { rejection } from './open-databases.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('rows on disk', () => {
  const mountSmallDisk = smallDisks();
  const folder = temporaryFolders();
  const open = (where: string, bytesMax = 1_000_000) =>
    Spill.open('ticks', { folder: where, bytesMax }, quiet);
  const record = (text: string) => ({ rows: 1, text });

  async function taken(spill: Spill): Promise<string[]> {
    const texts: string[] = [];
    for (let one = await spill.oldest(); one !== null; one = await spill.oldest()) {
      texts.push(one.text);
      await spill.done(one.rows, null);
    }
    return texts;
  }

  it('come back in their order, those of earlier runs first, and leave no file behind', async () => {
    const where = folder();
    for (const text of ['a', 'b']) {
      const spill = await open(where);
      await spill.append([record(text), record(`${text}${text}`)]);
      await spill.close();
    }
    const spill = await open(where);
    expect(spill.rows).to.equal(4);
    await spill.append([record('c')]);
    expect(await taken(spill)).to.deep.equal(['a', 'aa', 'b', 'bb', 'c']);
    await spill.append([record('d')]);
    expect(await taken(spill)).to.deep.equal(['d']);
    expect(readdirSync(where)).to.deep.equal([]);
    expect(spill.bytes).to.equal(0);
  });

  it('come back without what was being written when the machine died', async () => {
    const where = folder();
    const former = await open(where);
    await former.append([record('whole')]);
    await former.close();
    appendFileSync(join(where, readdirSync(where)[0] ?? ''), '\x89SB\nhalf');
    const spill = await open(where);
    expect(await taken(spill)).to.deep.equal(['whole']);
    expect(spill.damagedBytes).to.equal(0);
    expect(readdirSync(where)).to.deep.equal([]);
  });

  it('leave a damaged file for a look, and give all that is whole in it', async () => {
    const where = folder();
    const former = await open(where);
    await former.append(['one', 'two', 'three'].map(record));
    await former.close();
    const file = join(where, readdirSync(where)[0] ?? '');
    const bytes = readFileSync(file);
    bytes.write('TWO', bytes.indexOf('two'));
    writeFileSync(file, bytes);
    const spill = await open(where);
    expect(await taken(spill)).to.deep.equal(['one', 'three']);
    expect(spill.damagedBytes).to.be.greaterThan(0);
    expect(readdirSync(where)).to.deep.equal(['ticks-0000000001.spill.damaged']);
  });

  it('are no more than they may be', async () => {
    const spill = await open(folder(), 100);
    await spill.append([record('x'.repeat(50))]);
    const failed = await rejection(spill.append([record('y'.repeat(50))]));
    expect(failed.message).to.include('it holds 100 bytes, as many as it may');
    expect(await taken(spill)).to.deep.equal(['x'.repeat(50)]);
  });

  it('are of one writer each', async () => {
    const where = folder();
    const one = await open(where);
    await one.append([record('tick')]);
    const other = await Spill.open('ticks-more', { folder: where }, quiet);
    expect(other.rows).to.equal(0);
    expect(await rejection(Spill.open('../ticks', { folder: where }, quiet))).to.be.instanceOf(
      RangeError,
    );
    await one.close();
  });

  it('wait in memory while the disk is full, keep writers waiting, and go there when it has room', async function () {
    needsMount(this);
    const where = folder();
    const disk = mountSmallDisk(where);
    const away = new DatabaseError('unavailable', 'the server is away');
    let isAway = true;
    const stored: string[] = [];
    const database = {
      query: (_text: string, values: readonly unknown[] = []) => {
        if (isAway) return Promise.reject(away);
        stored.push(...String(values[0]).slice(1, -1).replaceAll('"', '').split(','));
        return Promise.resolve({ rows: [], count: 1 });
      },
    };
    const writer = await openBatchWriter<{ id: string }>(database as never, {
      name: 'ticks',
      columns: { id: 'text' },
      statement: (batch) => batch,
      queuedRowsMax: 3,
      spill: { folder: where, afterMs: 0 },
      log: quiet,
    });
    await writer.write([{ id: 'a' }]);
    disk.fill();
    const big = 'b'.repeat(8192);
    const written: string[] = [];
    const writes = [big, 'c', 'd', 'e', 'f'].map(async (id) => {
      await writer.write([{ id }]);
      written.push(id);
    });
    await until('it can go nowhere', () => writer.metrics.state === 'full');
    expect(writer.metrics).to.include({ queued_rows: 3, waiting: 2, spilled: 1 });
    expect(written).to.deep.equal([]);
    disk.free();
    await Promise.all(writes);
    expect(writer.metrics).to.include({ queued_rows: 0, waiting: 0, spilled: 6 });
    isAway = false;
    await writer.flush();
    expect(stored).to.deep.equal(['a', big, 'c', 'd', 'e', 'f']);
    await writer.close();
  });
});
