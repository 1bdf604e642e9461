import type { Database } from '../../api/database.ts';

/** Where the rows of one host are. */
export interface DatabasePlace {
  /** With the schema in which the tables are. */
  readonly database: Database;
  readonly host: string;
  /** How long the database is waited for before it counts as away. */
  readonly reachMs: number;
}
