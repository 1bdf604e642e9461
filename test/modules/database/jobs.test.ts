import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../../modules/api/database.ts';
import { backUp } from '../../../modules/database/backup/backup.ts';
import { Job, type JobFacts } from '../../../modules/database/job.ts';
import { jobMethods } from '../../../modules/database/jobs.ts';
import { packageRoot } from '../../../modules/api/package-root.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';
import { needsPostgres, openDatabases } from '../api/database/open-databases.ts';

const migrations = join(packageRoot(), 'test/modules/database/backup/migrations');

describe('a job of the database module', () => {
  needsPostgres();
  const databases = openDatabases();
  const folder = temporaryFolders();

  for (const kind of ['backup', 'restore'] as const) {
    it(`that is a ${kind} in its midst ends with a stop of the module, and nothing half-made stays`, async () => {
      const where = folder();
      const url = await databases.url();
      const database = await databases.open({ url, schema: 'ledger' });
      const file = join(where, 'x.sbk');
      if (kind === 'restore') await saveLedger(databases, file);
      else await database.migrate({ owner: 'ledger', folder: migrations, schema: 'ledger' });
      const ends: (() => unknown)[] = [];
      const link = {
        emit: () => undefined,
        onShutdown: (...given: unknown[]) => ends.push(given.at(-1) as () => unknown),
      };
      const methods = jobMethods({ url, link: () => link as never });
      const { job_id } = await held(database, kind, async () => {
        const { job } = methods[`database.${kind}`]?.({ file }) as { job: JobFacts };
        await until(
          'it waits for a lock',
          async () => (await sessions(database, kind, 'Lock')) > 0,
        );
        for (const end of ends) await end();
        return job;
      });
      const { job } = methods['database.job']?.({ job_id }) as { job: JobFacts };
      const verb = kind === 'backup' ? 'back up into' : 'restore';
      expect(job).to.include({
        state: 'failed',
        error: `cannot ${verb} ${file}: the module was asked to end`,
      });
      expect(readdirSync(where)).to.deep.equal(kind === 'backup' ? [] : ['x.sbk']);
      await until('its sessions are over', async () => (await sessions(database, kind)) === 0);
      const { rows } = await database.query("SELECT FROM pg_namespace WHERE nspname = 'ledger'");
      expect(rows).to.have.length(kind === 'backup' ? 1 : 0);
    });
  }
});

/** Does it while somebody has what a job of that kind must wait for. */
async function held<T>(database: Database, kind: string, doing: () => Promise<T>): Promise<T> {
  return database.transaction(async (holder) => {
    if (kind === 'backup') await holder.query('LOCK TABLE ledger.transfers');
    else await holder.query('CREATE SCHEMA ledger');
    const done = await doing();
    if (kind === 'restore') await holder.query('DROP SCHEMA ledger');
    return done;
  });
}

async function sessions(database: Database, kind: string, waitsFor: string | null = null) {
  const { rows } = await database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = $1
       AND ($2::text IS NULL OR wait_event_type = $2)`,
    [`superbot ${kind}`, waitsFor],
  );
  return rows[0]?.count ?? 0;
}

async function saveLedger(databases: ReturnType<typeof openDatabases>, file: string) {
  const source = await databases.open({ schema: 'ledger' });
  await source.migrate({ owner: 'ledger', folder: migrations, schema: 'ledger' });
  const job = new Job({ job_id: 's', kind: 'backup', file }, () => undefined, Date.now);
  await backUp(source, file, job, new AbortController().signal);
}
