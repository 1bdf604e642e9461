import { expect } from 'chai';
import { describe, it } from 'mocha';
import { VenueError } from '../../../../modules/collector/venue/error.ts';
import type { Page } from '../../../../modules/collector/venue/page.ts';
import { walk } from '../../../../modules/collector/venue/walk.ts';

function page(firstId: string | null, next: string | null): Page<string> {
  return { rows: firstId === null ? [] : [firstId], garbage: [], firstId, next };
}

async function read(
  pages: (cursor: string | null) => Page<string>,
  { from = null, pagesMax = 100 }: { from?: string | null; pagesMax?: number } = {},
) {
  const rows: string[] = [];
  const asked: (string | null)[] = [];
  const look = (cursor: string | null) => {
    asked.push(cursor);
    return Promise.resolve(pages(cursor));
  };
  let failed: unknown = null;
  try {
    for await (const step of walk(look, { from, pagesMax })) rows.push(...step.rows);
  } catch (error) {
    failed = error;
  }
  return { rows, asked, kind: failed instanceof VenueError ? failed.kind : failed };
}

describe('a walk from page to page', () => {
  it('reads each page once, to the one without a cursor', async () => {
    const after = new Map([
      [null, page('1', 'a')],
      ['a', page('2', 'b')],
      ['b', page('3', null)],
    ]);
    const { rows, asked, kind } = await read((cursor) => after.get(cursor)!);
    expect({ rows, asked, kind }).to.deep.equal({
      rows: ['1', '2', '3'],
      asked: [null, 'a', 'b'],
      kind: null,
    });
  });

  it('goes on where it is told to, and says with which cursor it read each page', async () => {
    const steps: (string | null)[] = [];
    const look = (cursor: string | null) =>
      Promise.resolve(page(`after ${cursor}`, cursor === 'c' ? null : 'c'));
    for await (const { at } of walk(look, { from: 'b', pagesMax: 10 })) steps.push(at);
    expect(steps).to.deep.equal(['b', 'c']);
  });

  it('ends with an error where the cursor is ignored and the first page comes for ever', async () => {
    let cursors = 0;
    const { rows, asked, kind } = await read(() => page('1', `c${(cursors += 1)}`));
    expect({ rows, asked: asked.length, kind }).to.deep.equal({
      rows: ['1'],
      asked: 2,
      kind: 'loop',
    });
  });

  it('ends with an error where the same cursor comes twice, also when pages differ or are empty', async () => {
    let pages = 0;
    expect(await read(() => page(`${(pages += 1)}`, 'a'))).to.deep.include({
      rows: ['1'],
      kind: 'loop',
    });
    expect(await read(() => page(null, 'a'))).to.deep.include({ rows: [], kind: 'loop' });
    expect(await read(() => page('9', 'a'), { from: 'a' })).to.deep.include({
      rows: [],
      kind: 'loop',
    });
  });

  it('ends after so many pages as it may read, without an error', async () => {
    let pages = 0;
    const endless = () => page(`${(pages += 1)}`, `c${pages}`);
    const { rows, kind } = await read(endless, { pagesMax: 5 });
    expect({ rows: rows.length, kind }).to.deep.equal({ rows: 5, kind: null });
  });
});
