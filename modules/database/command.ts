/** How a program of PostgreSQL is called, whoever it has to run as. */
import { cpSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { type Binaries, program } from './binaries.ts';
import { ConfigurationError } from './configuration-error.ts';
import { namespaceCommand, type RunAs } from './run-as.ts';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Of a user, where it is not our own. */
  readonly ids: { readonly uid: number; readonly gid: number } | Record<string, never>;
}

/**
 * @param args gets the name by which the program reaches `folder`, which may be closed to it by path
 */
export function command(
  binaries: Pick<Binaries, 'folder'>,
  name: 'postgres' | 'initdb',
  as: RunAs,
  folder: string,
  args: (reached: string) => readonly string[],
): Command {
  const file = program(binaries.folder, name);
  switch (as.kind) {
    case 'self':
      return { file, args: args(folder), cwd: folder, ids: {} };
    case 'namespace': {
      const [first, ...rest] = namespaceCommand;
      return { file: first, args: [...rest, file, ...args(folder)], cwd: folder, ids: {} };
    }
    case 'user': {
      const { uid, gid } = as;
      return { file, args: args('/proc/self/cwd'), cwd: folder, ids: { uid, gid } };
    }
  }
}

/** Older ones go back, by its name, to the folder that they were started in. */
const relocatableMajor = 16;

/**
 * The same binaries where the user can reach them: a copy for all users, made by root, when they lie
 * in a folder that is closed to him, such as root's own. Throws where he cannot run them anyhow.
 */
export function reachableBinaries(
  binaries: Binaries,
  as: RunAs,
  // eslint-disable-next-line no-restricted-syntax -- where Unix has what programs keep (hier(7))
  sharedRoot = '/var/lib/superbot',
): Binaries {
  if (as.kind !== 'user') return binaries;
  if (binaries.major < relocatableMajor)
    throw new ConfigurationError(
      `cannot run PostgreSQL ${binaries.version} as ${as.name}: from below folders that are closed to him only ${relocatableMajor} or later starts — run superbot as an ordinary user, allow user namespaces, or set DATABASE_URL for a database that runs elsewhere`,
    );
  if (canRun(binaries, as)) return binaries;
  const native = dirname(binaries.folder);
  const copy = join(sharedRoot, `postgresql-${binaries.version}`);
  if (!existsSync(copy)) {
    const half = `${copy}.${process.pid}`;
    rmSync(half, { recursive: true, force: true });
    mkdirSync(sharedRoot, { recursive: true, mode: 0o755 });
    cpSync(native, half, { recursive: true, verbatimSymlinks: true });
    renameSync(half, copy);
  }
  if (lstatSync(copy).uid !== 0) throw new Error(`"${copy}" is not root's own: remove it`);
  const reached = { ...binaries, folder: join(copy, basename(binaries.folder)) };
  if (canRun(reached, as)) return reached;
  throw new Error(`"${copy}" cannot be run by ${as.name}: remove it, or open the folders above it`);
}

function canRun({ folder }: Binaries, { uid, gid }: { uid: number; gid: number }): boolean {
  const { status } = spawnSync(program(folder, 'postgres'), ['--version'], { uid, gid, cwd: '/' });
  return status === 0;
}
