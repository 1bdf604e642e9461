/** The database that the daemon's environment names: it counts where the files name none. */
import { databaseUrlForm } from './infrastructure-schema.ts';
import type { InfrastructureDocument } from './infrastructure-schema.ts';
import { pathText } from './problems.ts';
import type { Path, Problem } from './problems.ts';

const urlPath: Path = ['infrastructure', 'database', 'url'];

/** Fills in `infrastructure.database.url`, where it is null, with what `DATABASE_URL` says. */
export function withDatabaseUrl(
  document: InfrastructureDocument,
  environmentUrl: string | undefined,
): InfrastructureDocument {
  const { infrastructure } = document;
  if (infrastructure.database.url !== null || isNone(environmentUrl)) return document;
  return { infrastructure: { ...infrastructure, database: { url: environmentUrl } } };
}

/** What is wrong with `DATABASE_URL`; its value is not shown, as it may hold a password. */
export function databaseUrlProblems(environmentUrl: string | undefined): Problem[] {
  if (isNone(environmentUrl) || databaseUrlForm.test(environmentUrl)) return [];
  const message = 'is no URL such as postgresql://user@host/name, expected one or none';
  return [{ file: 'environment', line: 1, column: 1, key: 'DATABASE_URL', message }];
}

/** It is masked as a whole: which options of it a driver takes for secrets is not known here. */
export function isDatabaseUrl(path: Path): boolean {
  return pathText(path) === pathText(urlPath);
}

function isNone(url: string | undefined): url is undefined | '' {
  return url === undefined || url === '';
}
