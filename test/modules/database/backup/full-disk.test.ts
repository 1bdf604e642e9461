import { expect } from 'chai';
import { describe, it } from 'mocha';
import { execFileSync } from 'node:child_process';
import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../../config/paths.ts';
import { backUp } from '../../../../modules/database/backup/backup.ts';
import { Job } from '../../../../modules/database/job.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { needsPostgres, openDatabases, rejection } from '../../api/database/open-databases.ts';

const migrations = join(packageRoot(), 'test/modules/database/backup/migrations');

describe('a backup whose file takes no more', () => {
  needsPostgres();
  const databases = openDatabases();
  const freshFolder = temporaryFolders();

  it('fails with that reason, not with what broke off because of it, and leaves no file', async () => {
    const database = await databases.open({ schema: 'ledger' });
    await database.migrate({ owner: 'ledger', folder: migrations, schema: 'ledger' });
    await database.query(
      'INSERT INTO accounts SELECT n, round(random()::numeric * 1e15) FROM generate_series(100, 200000) AS n',
    );
    const folder = freshFolder();
    const file = join(folder, 'x.sbk');
    // A pipe whose reader leaves in the middle, as a disk that is full then.
    execFileSync('mkfifo', [`${file}.partial`]);
    const reader = createReadStream(`${file}.partial`);
    reader.once('data', () => reader.destroy());
    const job = new Job({ job_id: 'b', kind: 'backup', file }, () => undefined, Date.now);
    const never = new AbortController().signal;
    const failed = await rejection(backUp(database, file, job, never));
    expect(failed).to.include({ code: 'EPIPE' });
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});
