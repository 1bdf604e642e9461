import { expect } from 'chai';
import { after, describe, it } from 'mocha';
import { type Database, openDatabase } from '../../../modules/api/database.ts';
import { isDatabaseChosen } from '../../../modules/monitoring/storage-choice.ts';
import { testDatabase, whyNoPostgres } from '../../support/postgres.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

describe('where the history of the host is kept when nobody has said', function () {
  const freshFolder = temporaryFolders();
  const nowhere = openDatabase({ url: 'postgresql://x@/x?host=/tmp/no-such-folder' });
  after(() => nowhere.close());
  const logged: string[] = [];
  const log = { info: (message: string) => void logged.push(message) };
  const chosen = (folder: string, database: Database) =>
    isDatabaseChosen({ folder, database, log, answerMs: 300 });

  it('is files while the database does not answer, which is said', async () => {
    expect(await chosen(freshFolder(), nowhere)).to.equal(false);
    expect(logged.at(-1)).to.match(/^the database does not answer, .* files are used/);
  });

  const why = whyNoPostgres();
  if (why !== null) return void it.skip(`on this machine: ${why}`);
  const database = testDatabase();

  it('is the database when it answers, and from then on always', async () => {
    const folder = freshFolder();
    const answering = openDatabase({ url: await database() });
    try {
      expect(await isDatabaseChosen({ folder, database: answering, log })).to.equal(true);
    } finally {
      await answering.close();
    }
    expect(await chosen(folder, nowhere)).to.equal(true);
  });
});
