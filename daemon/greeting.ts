/** What a person who started the daemon in a terminal is told. */
import { join } from 'node:path';
import { homeDirectory } from '../config/paths.ts';

const clientPath = join(import.meta.dirname, '..', 'cli', 'superbot-cli.cjs');

/**
 * Commands are given with the client's full path, since a second terminal may be in any folder: there
 * `npx superbot-cli` would ask the registry for a package of that name, and inside a checkout its
 * first run rebuilds dist/ under the running daemon.
 */
export function greeting(home: string, endpoint: string): string {
  // A second terminal knows nothing of this one's SUPERBOT_HOME.
  const isDefaultHome = home === homeDirectory({ env: { HOME: process.env['HOME'] } });
  const client = `node ${quoted(clientPath)}${isDefaultHome ? '' : ` --home ${quoted(home)}`}`;
  return `
SuperBot is running; its home is ${home}
Talk to it from a second terminal:

  ${client} status                 # all modules
  ${client} trading balance        # ask the trading module
  ${client} logs -f                # follow every log

It answers JSON-RPC 2.0 on ${endpoint}. Ctrl-C stops it and its modules.

`;
}

/** For a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
