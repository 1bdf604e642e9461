import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepNewest, lastLines, linesOf } from '../../../modules/database/log-files.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const folder = temporaryFolders();

describe("the server's own log", () => {
  it('keeps its newest files, by name, and touches nothing else', () => {
    const logs = folder();
    for (const day of ['03', '01', '04', '02'])
      writeFileSync(join(logs, `postgresql-202611${day}-000000.log`), `${day}\n`);
    writeFileSync(join(logs, 'notes.txt'), '');
    keepNewest(logs, 2);
    expect(readdirSync(logs).sort()).to.deep.equal([
      ...['notes.txt', 'postgresql-20261103-000000.log', 'postgresql-20261104-000000.log'],
    ]);
    expect(lastLines(logs, 5)).to.deep.equal(['04']);
  });

  it('is shown by its last lines, none where there is none', () => {
    const path = join(folder(), 'words');
    expect([linesOf(path, 3), lastLines(path, 3)]).to.deep.equal([[], []]);
    writeFileSync(path, `${'x'.repeat(200_000)}\na\n\nb\nc\n`);
    expect(linesOf(path, 2)).to.deep.equal(['b', 'c']);
  });
});
