import { expect } from 'chai';
import { describe, it } from 'mocha';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { needsPostgres, openDatabases, rejection } from './open-databases.ts';

const first = 'CREATE TABLE markets (id text PRIMARY KEY);\n';
const second = `ALTER TABLE markets ADD question text;
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN 1;
END $$;
`;

describe('migrations', () => {
  needsPostgres();
  const databases = openDatabases();
  const folder = temporaryFolders();

  function files(contents: Readonly<Record<string, string>>): string {
    const where = folder();
    for (const [name, text] of Object.entries(contents)) writeFileSync(join(where, name), text);
    return where;
  }
  const both = () =>
    files({ '001_markets.sql': first, '002_question.sql': second, 'README.md': 'x' });

  it('make a schema, are applied in order, and only once', async () => {
    const database = await databases.open({ schema: 'demo' });
    const source = { owner: 'collector', folder: both(), schema: 'demo' };
    expect(await database.migrate(source)).to.deep.equal({
      applied: ['001_markets.sql', '002_question.sql'],
      version: 2,
    });
    expect(await database.migrate(source)).to.deep.equal({ applied: [], version: 2 });
    const { rows } = await database.query(
      'SELECT version, filename, owner FROM schema_migrations ORDER BY 1',
    );
    expect(rows).to.deep.equal([
      { version: 1, filename: '001_markets.sql', owner: 'collector' },
      { version: 2, filename: '002_question.sql', owner: 'collector' },
    ]);
    await database.query('INSERT INTO demo.markets (id, question) VALUES ($1, $2)', ['a', 'b']);
  });

  it('are applied once by eight processes that begin together', async () => {
    const url = await databases.url();
    const source = { owner: 'collector', folder: both(), schema: 'demo' };
    const reports = await Promise.all(
      Array.from({ length: 8 }, async () => (await databases.open({ url })).migrate(source)),
    );
    expect(reports.flatMap(({ applied }) => applied).sort()).to.deep.equal([
      '001_markets.sql',
      '002_question.sql',
    ]);
    expect(new Set(reports.map(({ version }) => version))).to.deep.equal(new Set([2]));
  });

  it('name the file that was changed, or is missing, and touch nothing', async () => {
    const database = await databases.open();
    const where = both();
    const source = { owner: 'collector', folder: where, schema: 'demo' };
    await database.migrate(source);
    writeFileSync(join(where, '001_markets.sql'), first.replaceAll('\n', '\r\n'));
    await database.migrate(source);
    writeFileSync(join(where, '001_markets.sql'), `${first}-- harmless`);
    writeFileSync(join(where, '003_more.sql'), 'CREATE TABLE more ()');
    const changed = await rejection(database.migrate(source));
    expect(changed).to.include({ kind: 'migration' });
    expect(changed.message).to.match(
      /^cannot migrate: 001_markets\.sql was changed after it was applied/,
    );
    writeFileSync(join(where, '001_markets.sql'), first);
    rmSync(join(where, '003_more.sql'));
    rmSync(join(where, '002_question.sql'));
    const missing = await rejection(database.migrate(source));
    expect(missing.message).to.match(
      /^cannot migrate: 002_question\.sql was applied, but there is no such file/,
    );
    expect((await database.query(`SELECT to_regclass('demo.more') AS more`)).rows).to.deep.equal([
      { more: null },
    ]);
  });

  it('keep nothing of one that fails, and all of those before it', async () => {
    const database = await databases.open({ schema: 'demo' });
    const where = files({
      '001_markets.sql': first,
      '002_bad.sql': 'CREATE TABLE half ();\nCREATE TABLE markets ();',
    });
    const failed = await rejection(
      database.migrate({ owner: 'collector', folder: where, schema: 'demo' }),
    );
    expect(failed).to.include({ kind: 'migration', sqlState: '42P07' });
    expect(failed.message).to.include(
      'cannot apply the migration 002_bad.sql of "collector" to the schema "demo"',
    );
    const { rows } = await database.query(
      `SELECT to_regclass('half') AS half, (SELECT max(version) FROM schema_migrations) AS version`,
    );
    expect(rows).to.deep.equal([{ half: null, version: 1 }]);
  });

  for (const [wrong, contents, message] of [
    ['a gap', { '001_a.sql': '', '003_c.sql': '' }, '003_c.sql is not the next'],
    ['a number twice', { '001_a.sql': '', '01_b.sql': '' }, 'is not the next'],
    ['no number', { 'tables.sql': '' }, 'tables.sql does not begin as 001_ does'],
    ['a COMMIT', { '001_a.sql': 'SELECT 1;\n COMMIT ;' }, '001_a.sql begins or ends a transaction'],
    ['no file', {}, 'there is no file such as 001_tables.sql'],
  ] as const) {
    it(`are refused for ${wrong}`, async () => {
      const database = await databases.open();
      const failed = await rejection(
        database.migrate({ owner: 'x', folder: files(contents), schema: 'demo' }),
      );
      expect(failed).to.include({ kind: 'migration' });
      expect(failed.message).to.include(message);
    });
  }
});
