// How the programs become one file each: used by build.mjs, and by tests of the command line.
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const root = import.meta.dirname;

/**
 * Bundles a program of ours and returns what esbuild tells of it. `tree` is where tsc has put its
 * files, `outfile` where the bundle goes; a bundle and its tree move together or not at all.
 */
export async function bundle({ entry, outfile, tree, minify = false }) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    minify,
    metafile: true,
    plugins: [ownFolders(resolve(outfile), resolve(tree)), requiredBuiltins(), lateChildProcess()],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  return metafile;
}

// In a bundle every file would take the bundle's folder for its own; each is told where tsc put it.
function ownFolders(outfile, tree) {
  return {
    name: 'own-folders',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const folder = resolve(tree, relative(root, dirname(path)));
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
          ? { path: resolve(root, 'node_modules', path) }
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
