// Builds dist/: everything as plain tsc output, then each program that people or the daemon start as
// one file in its place, since loading hundreds of small ones would take most of its start-up time
// and a third of its memory (docs/performance.md, docs/decisions/011-bundled-programs.md).
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, [require.resolve('typescript/lib/tsc.js')], { stdio: 'inherit' });
await bundle('daemon/main.ts', 'dist/daemon/main.js');
await bundle('daemon/keeper/main.ts', 'dist/daemon/keeper/main.js');
// Nobody reads the stack traces of a client, so only this one is minified.
await bundle('cli/main.ts', 'dist/cli/superbot-cli.js', { minify: true });
for (const program of ['dist/daemon/main.js', 'dist/cli/superbot-cli.js'])
  chmodSync(program, 0o755);

async function bundle(entry, outfile, options = {}) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    plugins: [ownFolders(outfile), requiredBuiltins(), lateChildProcess()],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
    ...options,
  });
}

// In a bundle every file would take the bundle's folder for its own; each is told where tsc put it.
function ownFolders(outfile) {
  return {
    name: 'own-folders',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const folder = resolve('dist', relative(import.meta.dirname, dirname(path)));
        const step = JSON.stringify(`/${relative(dirname(outfile), folder)}`);
        const source = readFileSync(path, 'utf8');
        const own = `(import.meta.dirname + ${step})`;
        return { contents: source.replaceAll('import.meta.dirname', own), loader: 'ts' };
      });
    },
  };
}

// An ES import of a built-in makes Node wrap all its exports; require does not: some 4 ms in all.
// They are given places in node_modules, so that coverage does not take them for our files.
function requiredBuiltins() {
  return {
    name: 'required-builtins',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path, kind }) =>
        kind === 'import-statement'
          ? { path: resolve('node_modules', path) }
          : { path, external: true },
      );
      onLoad({ filter: /node_modules[\\/]node:/ }, ({ path }) => ({
        contents: `module.exports = require('${path.slice(path.lastIndexOf('node:'))}');`,
        loader: 'js',
      }));
    },
  };
}

// commander loads node:child_process for a feature that is not used here: some 3 ms.
function lateChildProcess() {
  return {
    name: 'late-child-process',
    setup({ onLoad }) {
      onLoad({ filter: /commander[\\/]lib[\\/]command\.js$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        const early = "const childProcess = require('node:child_process');";
        if (!source.includes(early))
          throw new Error(`${path} has changed: look at ${import.meta.filename}`);
        const late =
          "const childProcess = { get spawn() { return require('node:child_process').spawn; } };";
        return { contents: source.replace(early, late) };
      });
    },
  };
}
