/** The tables of every configured module in their newest form, before anything is started. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Database } from '../../api/database.ts';
import { packageRoot } from '../../api/package-root.ts';
import type { JobProgress } from '../job.ts';

export interface ModuleSchema {
  /** The name of a module that this package ships. */
  readonly owner: string;
  readonly schema: string;
}

/** Of those that have tables; the others have nothing to do. */
export async function migrateModules(
  database: Database,
  schemas: readonly ModuleSchema[],
  progress: JobProgress,
  signal: AbortSignal,
): Promise<void> {
  for (const { owner, schema } of schemas) {
    if (!/^[a-z][a-z0-9_-]*$/.test(owner)) throw new Error(`there is no shipped module "${owner}"`);
    const folder = path.join(packageRoot(), 'modules', owner, 'migrations');
    if (!existsSync(folder)) continue;
    progress.step(schema);
    const { applied } = await database.migrate({ owner, folder, schema }, { signal });
    progress.applied(applied.map((filename) => `${schema}: ${filename}`));
  }
}
