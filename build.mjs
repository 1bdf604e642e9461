// Builds dist/: everything as plain tsc output, then each program that people or the daemon start as
// one file besides, since loading hundreds of small ones would take most of its start-up time and a
// third of its memory (docs/performance.md, docs/decisions/011-bundled-programs.md).
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bundle } from './bundle.mjs';

const require = createRequire(import.meta.url);
const tree = 'dist';
rmSync(tree, { recursive: true, force: true });
execFileSync(process.execPath, [require.resolve('typescript/lib/tsc.js')], { stdio: 'inherit' });
await bundle({
  entry: 'daemon/main.ts',
  program: 'dist/daemon/main.cjs',
  tree,
  nodeFlags: ['--max-semi-space-size=2', '--min-semi-space-size=2'],
});
await bundle({
  entry: 'daemon/keeper/main.ts',
  program: 'dist/daemon/keeper/main.cjs',
  tree,
  nodeFlags: ['--max-semi-space-size=1', '--optimize-for-size'],
});
// Nobody reads the stack traces of a client, so only this one is minified.
await bundle({ entry: 'cli/main.ts', program: 'dist/cli/superbot-cli.cjs', tree, minify: true });
