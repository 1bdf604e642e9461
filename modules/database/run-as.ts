/**
 * As whom PostgreSQL runs: it refuses to be root. In a user namespace root looks like somebody else to
 * it, and its files stay root's own. Where the kernel or a container forbids that, it runs as a user
 * who owns nothing else here.
 */
import { execFile } from 'node:child_process';
import { lchownSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from './configuration-error.ts';

export type RunAs =
  | { readonly kind: 'self' }
  | { readonly kind: 'namespace' }
  /** Every program gets its folder as the current one: the folders above it may be closed to him. */
  | { readonly kind: 'user'; readonly uid: number; readonly gid: number; readonly name: string };

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Of a user namespace: root outside is the user who is nobody inside. */
export const namespaceCommand: readonly [string, ...string[]] = [
  'unshare',
  '--user',
  '--map-user=65534',
  '--map-group=65534',
];

const preferred = ['postgres', 'node', 'nobody'];
const tryTimeoutMs = 5000;

/** Probes what this machine allows. Rejects with a ConfigurationError when it is nothing. */
export async function chooseRunAs(clusterOwner: number | null): Promise<RunAs> {
  // Windows knows no such numbers; there PostgreSQL drops an administrator's rights by itself.
  if (process.getuid?.() !== 0) return { kind: 'self' };
  return runAs({
    clusterOwner,
    namespaceWorks: await namespaceWorks(),
    users: parseUsers(readFileSync('/etc/passwd', 'utf8')),
  });
}

/**
 * For root. What a cluster belongs to already is what it goes on with, so that two ways never mix;
 * only root's own may have to change hands. Pure; throws a ConfigurationError.
 * @param clusterOwner null while there is no cluster
 */
export function runAs(facts: {
  readonly clusterOwner: number | null;
  readonly namespaceWorks: boolean;
  readonly users: readonly User[];
}): RunAs {
  const { clusterOwner, namespaceWorks, users } = facts;
  const isAnothers = clusterOwner !== null && clusterOwner !== 0;
  if (!isAnothers && namespaceWorks) return { kind: 'namespace' };
  const user = isAnothers
    ? users.find(({ uid }) => uid === clusterOwner)
    : users
        .filter(({ name, uid }) => preferred.includes(name) && uid !== 0)
        .sort((a, b) => preferred.indexOf(a.name) - preferred.indexOf(b.name))[0];
  if (user) return { kind: 'user', ...user };
  throw new ConfigurationError(
    isAnothers
      ? `cannot run PostgreSQL: its data belongs to user ${clusterOwner}, who is not in /etc/passwd — add that user, or set DATABASE_URL for a database that runs elsewhere`
      : `cannot run PostgreSQL: it refuses to be root, user namespaces are forbidden here, and there is no user ${preferred.join(', ')} — run superbot as an ordinary user, set "user" of the module, or set DATABASE_URL for a database that runs elsewhere`,
  );
}

/** passwd(5). */
export function parseUsers(passwd: string): User[] {
  return passwd.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = ''] = line.split(':');
    return name === '' || uid === '' ? [] : [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

/** Gives a folder, with all that is in it and without following links, to whom it is run as. */
export function handOver(path: string, { uid, gid }: Pick<User, 'uid' | 'gid'>): void {
  const found = lstatSync(path);
  if (found.uid !== uid) lchownSync(path, uid, gid);
  if (!found.isDirectory()) return;
  for (const name of readdirSync(path)) handOver(join(path, name), { uid, gid });
}

function namespaceWorks(): Promise<boolean> {
  const [program, ...args] = namespaceCommand;
  return new Promise((resolve) => {
    execFile(program, [...args, 'true'], { timeout: tryTimeoutMs }, (error) =>
      resolve(error === null),
    );
  });
}
