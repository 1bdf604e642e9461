// Builds dist/: the daemon, modules and tests as plain tsc output (honest stack traces), the CLI as
// one bundled file, because unbundled imports would double its start-up time.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, [require.resolve('typescript/lib/tsc.js')], { stdio: 'inherit' });
await build({
  entryPoints: ['cli/main.ts'],
  outfile: 'dist/cli/superbot-cli.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  // commander is CommonJS and requires Node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
for (const program of ['dist/daemon/main.js', 'dist/cli/superbot-cli.js'])
  chmodSync(program, 0o755);
