import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The folder of the package, in which migrations and other files that are not compiled lie: the nearest
 * one upward with a package.json, since sources and compiled trees lie at different depths below it.
 */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error(`there is no package.json above ${import.meta.dirname}`);
    folder = parent;
  }
  return folder;
}
