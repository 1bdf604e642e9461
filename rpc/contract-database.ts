/** What the database module answers: its part of the table in `contract.ts`. */
import * as params from './params.ts';
import { claimed, type MethodRow } from './row.ts';
import {
  databaseFileParams,
  databaseJobAnswer,
  databaseJobParams,
  databaseMigrateParams,
  databaseStatus,
} from './shapes-database.ts';

export const databaseMethods = {
  'database.status': claimed(
    'observer',
    'which database server there is, and how it is',
    params.nothing,
    databaseStatus,
  ),
  'database.backup': claimed(
    'operator',
    'begin to write everything into one new file, as it is at one moment; a job',
    databaseFileParams,
    databaseJobAnswer,
  ),
  'database.restore': claimed(
    'operator',
    'begin to fill an empty database from a backup, all of it or nothing; a job',
    databaseFileParams,
    databaseJobAnswer,
  ),
  'database.migrate': claimed(
    'operator',
    'begin to bring the tables of shipped modules to their newest form; a job',
    databaseMigrateParams,
    databaseJobAnswer,
  ),
  'database.job': claimed(
    'observer',
    'how far a backup, restore or migration is; also told as events of the topic database.progress',
    databaseJobParams,
    databaseJobAnswer,
  ),
} as const satisfies Record<string, MethodRow>;
