/** The script of a `node` or `thread` module: shipped with SuperBot or your own. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { ModuleEntry } from '../../../config/effective.ts';
import { LaunchError } from './launcher.ts';

/** dist/modules, seen from dist/daemon/supervisor/launch. */
const shippedDir = join(import.meta.dirname, '..', '..', '..', 'modules');

/** Throws a LaunchError when there is no such script. */
export function entryScript(entry: ModuleEntry): string {
  const script = entry.kind === 'file' ? entry.path : join(shippedDir, entry.name, 'main.js');
  if (statSync(script, { throwIfNoEntry: false })?.isFile()) return script;
  const what =
    entry.kind === 'file' ? `script "${script}"` : `module "${entry.name}" shipped with superbot`;
  throw new LaunchError(`there is no ${what} — check the module's "module" key in daemon.yaml`);
}
