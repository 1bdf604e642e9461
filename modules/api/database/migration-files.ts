/** The numbered files of an owner, and what of them is still to be applied. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { DatabaseError } from './error.ts';

export interface Migration {
  readonly version: number;
  readonly filename: string;
  /** SHA-256 in hexadecimal, of the text with Unix line ends. */
  readonly checksum: string;
  readonly statements: string;
}

/** What the database says of one that was applied. */
export type AppliedMigration = Pick<Migration, 'version' | 'filename' | 'checksum'>;

/** In order. Rejects with `migration` when there is none, or their numbers are not 1, 2, 3 and so on. */
export async function readMigrations(folder: string | URL): Promise<readonly Migration[]> {
  const where = folder instanceof URL ? fileURLToPath(folder) : folder;
  const names = (await namesIn(where)).filter((name) => name.endsWith('.sql')).sort();
  const migrations = await Promise.all(
    names.map(async (filename) => {
      const text = await readFile(path.join(where, filename), 'utf8');
      return migrationOf(filename, text);
    }),
  );
  migrations.sort((one, other) => one.version - other.version);
  const wrong = migrations.find(({ version }, index) => version !== index + 1);
  if (wrong !== undefined)
    throw problem(
      `${wrong.filename} is not the next: files are numbered 001, 002 and so on, each once`,
    );
  if (migrations.length === 0) throw problem(`there is no file such as 001_tables.sql in ${where}`);
  return migrations;
}

export function migrationOf(filename: string, text: string): Migration {
  const number = /^(\d+)_/.exec(filename)?.[1];
  if (number === undefined) throw problem(`${filename} does not begin as 001_ does`);
  const statements = text.replaceAll('\r\n', '\n');
  if (transactionCommand.test(statements))
    throw problem(`${filename} begins or ends a transaction: each file is one by itself`);
  return { version: Number(number), filename, checksum: checksumOf(statements), statements };
}

export function checksumOf(statements: string): string {
  return createHash('sha256').update(statements).digest('hex');
}

/** What is left to apply, in order. Throws `migration` naming a file that was changed or is missing. */
export function pendingMigrations(
  files: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  for (const { version, filename, checksum } of applied) {
    const file = files[version - 1];
    if (file === undefined)
      throw problem(
        `${filename} was applied, but there is no such file: this program is older than its tables — install the newer one`,
      );
    if (file.checksum !== checksum)
      throw problem(
        `${file.filename} was changed after it was applied (as ${filename}) — put it back and write what is new into the next number`,
      );
  }
  return files.slice(applied.length);
}

/** In PL/pgSQL a BEGIN stands without a semicolon. */
const transactionCommand = /^\s*(BEGIN|COMMIT|ROLLBACK|END|START\s+TRANSACTION)\s*;/im;

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { message } = error as Error;
    throw new DatabaseError('migration', `cannot read the migrations: ${message}`, {
      cause: error,
    });
  }
}

function problem(what: string): DatabaseError {
  return new DatabaseError('migration', `cannot migrate: ${what}`);
}
