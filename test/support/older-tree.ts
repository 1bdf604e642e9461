// The compiled tree as an earlier version would have left it: the same programs, but for the version
// of the keeper's protocol.
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after } from 'mocha';
import { packageRoot } from '../../config/paths.ts';
import { protocolVersion } from '../../daemon/keeper/protocol.ts';
import { compiledTree } from './programs.ts';

export const olderVersion = protocolVersion - 1;

/** Made once for the suite that asks, and removed after it. */
export function olderTrees(): () => string {
  let root: string | null = null;
  after(() => {
    if (root !== null) rmSync(root, { recursive: true, force: true });
  });
  return () => {
    root ??= mkdtempSync('/tmp/sb-older-');
    const tree = join(root, 'dist');
    if (!existsSync(tree)) copyAs(olderVersion, root, tree);
    return tree;
  };
}

function copyAs(version: number, root: string, tree: string): void {
  for (const shared of ['package.json', 'node_modules', 'config', 'modules']) {
    symlinkSync(join(packageRoot(), shared), join(root, shared));
  }
  for (const folder of ['cli', 'config', 'daemon', 'modules', 'rpc']) {
    cpSync(join(compiledTree, folder), join(tree, folder), { recursive: true, filter: isCode });
  }
  const changed = readdirSync(join(tree, 'daemon'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.c?js$/.test(file))
    .filter((file) => lowerVersion(join(tree, 'daemon', file), version));
  // The keeper, where it is bundled, and what the bundle was made of.
  if (changed.length === 0) throw new Error(`nothing in "${tree}" names the protocol's version`);
}

// V8 would take the cache of what has the same length.
function isCode(path: string): boolean {
  return !path.endsWith('.code-cache');
}

function lowerVersion(path: string, version: number): boolean {
  const code = readFileSync(path, 'utf8');
  const lowered = code.replaceAll(/\bprotocolVersion = \d+;/g, `protocolVersion = ${version};`);
  if (lowered === code) return false;
  writeFileSync(path, lowered);
  return true;
}
