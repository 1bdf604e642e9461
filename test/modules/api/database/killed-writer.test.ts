import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { openBatchWriter, openDatabase } from '../../../../modules/api/database.ts';
import { TestPostgres } from '../../../support/postgres.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';
import { needsPostgres } from './open-databases.ts';

const program = join(import.meta.dirname, 'writing-program.js');
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('a writer of batches that is killed', () => {
  needsPostgres();
  const folder = temporaryFolders();
  let server: TestPostgres;
  const children: ChildProcess[] = [];
  before(async () => {
    server = await TestPostgres.start();
    await server.query('CREATE TABLE numbers (id text PRIMARY KEY, n bigint)');
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await server.restart();
    await server.query('TRUNCATE numbers');
  });
  after(() => server.dispose());

  function write(spill: string, first: number, acknowledged: string[]) {
    const child = spawn(process.execPath, [program, server.url(), spill, String(first)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      acknowledged.push(...lines);
    });
    return {
      kill: async () => {
        child.kill('SIGKILL');
        await once(child, 'close');
      },
    };
  }

  /** What the next start of the module does first. */
  async function replay(spill: string): Promise<void> {
    const database = openDatabase({ url: server.url(), log: quiet });
    const writer = await openBatchWriter<{ id: string; n: number }>(database, {
      name: 'numbers',
      columns: { id: 'text', n: 'int8' },
      statement: (batch) => `INSERT INTO numbers SELECT id, n FROM ${batch} ON CONFLICT DO NOTHING`,
      spill: { folder: spill },
      log: quiet,
    });
    await writer.flush();
    await writer.close();
    await database.close();
    expect(readdirSync(spill)).to.deep.equal([]);
  }

  async function expectAll(acknowledged: readonly string[]): Promise<void> {
    const stored = await server.query('SELECT id FROM numbers');
    const ids = new Set(stored.map(({ id }) => id));
    expect(acknowledged.filter((id) => !ids.has(id))).to.deep.equal([]);
    expect(ids.size).to.equal(stored.length);
  }

  it('has lost none of the rows that it had acknowledged, on disk or in the database', async () => {
    const spill = folder();
    const acknowledged: string[] = [];
    const first = write(spill, 0, acknowledged);
    await until('rows are committed', () => acknowledged.length > 500);
    await server.stop('SIGKILL');
    const committed = acknowledged.length;
    await until('rows go to disk', () => acknowledged.length > committed + 1000);
    await first.kill();
    expect(readdirSync(spill)).to.not.deep.equal([]);
    await server.restart();
    await replay(spill);
    await expectAll(acknowledged);
  });

  it('has lost and doubled none when it is killed while it replays, and its server, too', async () => {
    const spill = folder();
    const acknowledged: string[] = [];
    await server.stop('SIGKILL');
    for (let round = 0; round < 3; round += 1) {
      const before = acknowledged.length;
      const writer = write(spill, round * 1_000_000, acknowledged);
      await until('rows are acknowledged', () => acknowledged.length > before + 400);
      if (round === 1) await server.restart();
      await until('more are', () => acknowledged.length > before + 800);
      await writer.kill();
      if (round === 1) await server.stop('SIGKILL');
    }
    await server.restart();
    await replay(spill);
    await expectAll(acknowledged);
  });
});
