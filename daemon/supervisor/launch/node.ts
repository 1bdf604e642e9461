/** `type: node`: a script run by the Node that runs the daemon, shipped with SuperBot or your own. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeModuleConfig } from '../../../config/effective.ts';
import { LaunchError, type Launcher } from './launcher.ts';

/** dist/modules, seen from dist/daemon/supervisor/launch. */
const shippedDir = join(import.meta.dirname, '..', '..', '..', 'modules');

export const launchNode: Launcher<NodeModuleConfig> = ({ entry, args, cwd }) => {
  const script = entry.kind === 'file' ? entry.path : join(shippedDir, entry.name, 'main.js');
  if (!statSync(script, { throwIfNoEntry: false })?.isFile()) {
    throw new LaunchError(
      entry.kind === 'file'
        ? `there is no script "${script}" — check the module's "module" key in daemon.yaml`
        : `there is no shipped module "${entry.name}" — check the module's "module" key in daemon.yaml`,
    );
  }
  return { argv: [process.execPath, '--enable-source-maps', script, ...args], cwd };
};
