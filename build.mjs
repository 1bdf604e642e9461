// Builds dist/: everything as plain tsc output, then each program that people or the daemon start as
// one file in its place, since loading hundreds of small ones would take most of its start-up time
// and a third of its memory (docs/performance.md, docs/decisions/011-bundled-programs.md).
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bundle } from './bundle.mjs';

const require = createRequire(import.meta.url);
const tree = 'dist';
rmSync(tree, { recursive: true, force: true });
execFileSync(process.execPath, [require.resolve('typescript/lib/tsc.js')], { stdio: 'inherit' });
await bundle({ entry: 'daemon/main.ts', outfile: 'dist/daemon/main.js', tree });
await bundle({ entry: 'daemon/keeper/main.ts', outfile: 'dist/daemon/keeper/main.js', tree });
// Nobody reads the stack traces of a client, so only this one is minified.
await bundle({ entry: 'cli/main.ts', outfile: 'dist/cli/superbot-cli.js', tree, minify: true });
for (const program of ['dist/daemon/main.js', 'dist/cli/superbot-cli.js'])
  chmodSync(program, 0o755);
