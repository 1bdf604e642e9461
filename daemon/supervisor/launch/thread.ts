/** `type: thread`: a script in a worker thread of the one thread host. */
import type { ThreadModuleConfig } from '../../../config/effective.ts';
import { entryScript } from './entry.ts';
import type { Launcher } from './launcher.ts';

export const launchThread: Launcher<ThreadModuleConfig> = ({ entry, args, cwd }) => ({
  kind: 'thread',
  argv: [entryScript(entry), ...args],
  cwd,
});
