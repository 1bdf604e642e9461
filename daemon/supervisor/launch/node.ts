/** `type: node`: a script run by the Node that runs the daemon, in a process of its own. */
import type { NodeModuleConfig } from '../../../config/effective.ts';
import { entryScript } from './entry.ts';
import type { Launcher } from './launcher.ts';

export const launchNode: Launcher<NodeModuleConfig> = ({ entry, args, cwd }) => ({
  argv: [process.execPath, '--enable-source-maps', entryScript(entry), ...args],
  cwd,
});
