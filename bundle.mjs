// How the programs become one file each: used by build.mjs, and by tests of the command line.
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { writeLauncher } from './launcher.mjs';

const root = import.meta.dirname;

/**
 * Bundles a program of ours and returns what esbuild tells of it, and in `late` what it tells of each
 * part that is loaded only when the program imports it. `program` is the file to start, a `.cjs`, which
 * needs the others that are written beside it; `tree` is where tsc has put its files. They move together
 * or not at all. `nodeFlags` are those that the program is usually run with.
 */
export async function bundle({ entry, program, tree, minify = false, nodeFlags = [] }) {
  const outfile = program.replace(/\.cjs$/, '.bundle.cjs');
  const parts = new Map();
  const { metafile } = await bundleFile({ entry, outfile, tree, minify, parts });
  const late = [];
  // A part has no parts of its own: what it imports later is looked for in it.
  for (const [part, file] of parts) {
    const own = await bundleFile({ entry: part, outfile: file, tree, minify, parts: null });
    late.push(own.metafile);
  }
  writeLauncher({ program, bundle: outfile, nodeFlags });
  return { ...metafile, late };
}

function bundleFile({ entry, outfile, tree, minify, parts }) {
  const ownParts = parts === null ? [] : [lateParts(resolve(outfile), parts)];
  return build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    // Without Node's loader for ES modules a program starts some 4 ms sooner.
    format: 'cjs',
    supported: { 'dynamic-import': false },
    // It names what lies beside the bundle.
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    target: 'node20',
    // Few have a Redis: a quarter of the daemon's code stays where it is until one is configured.
    external: ['ioredis'],
    sourcemap: true,
    minify,
    metafile: true,
    plugins: [
      ...ownParts,
      ownFolders(resolve(outfile), resolve(tree)),
      lateBuiltins(),
      withoutWriters(),
    ],
    logLevel: 'warning',
  });
}

// A file of ours that is imported only when it is needed becomes a bundle beside the program's, with
// copies of its own of what both use: in the same one it would cost every start its share of reading
// the code cache. Without a cache: it is loaded when somebody waits for a picture.
function lateParts(outfile, parts) {
  return {
    name: 'late-parts',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, kind, resolveDir }) => {
        if (kind !== 'dynamic-import') return null;
        const part = resolve(resolveDir, path);
        const name = relative(root, part).replace(/\.ts$/, '.cjs').replaceAll('/', '-');
        parts.set(part, join(dirname(outfile), name));
        return { path: `./${name}`, external: true };
      });
    },
  };
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
        const own = `(__dirname + ${step})`;
        return { contents: source.replaceAll('import.meta.dirname', own), loader: 'ts' };
      });
    },
  };
}

// Each of Node's modules is loaded when something in it is first used, most of them never. commander
// requires node:child_process for a feature that is not used here. They are given places in
// node_modules, so that coverage does not take them for our files.
function lateBuiltins() {
  return {
    name: 'late-builtins',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path, kind, importer }) =>
        kind === 'import-statement' || /commander[\\/]lib[\\/]command\.js$/.test(importer)
          ? { path: resolve(root, 'node_modules', path) }
          : { path, external: true },
      );
      onLoad({ filter: /node_modules[\\/]node:/ }, async ({ path }) => {
        const builtin = path.slice(path.lastIndexOf('node:'));
        const names = Object.keys(await import(builtin)).filter((name) => name !== 'default');
        const getters = names.map((name) => `get ${name}() { return load().${name}; }`);
        const load = `let loaded;\nconst load = () => (loaded ??= require('${builtin}'));`;
        // In a prototype: of what a module has of its own the bundle makes a copy for each importer.
        const contents = `${load}\nmodule.exports = Object.create({ ${getters.join(', ')} });`;
        return { contents, loader: 'js' };
      });
    },
  };
}

// pino gets a stream of ours to write to. What it would else write with, into files and from threads,
// took a twentieth of the daemon's start to evaluate, and is never used.
function withoutWriters() {
  return {
    name: 'without-writers',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(sonic-boom|thread-stream)$/ }, ({ path }) => ({
        path: resolve(root, 'node_modules', path, 'left-out.js'),
      }));
      onLoad({ filter: /[\\/]left-out\.js$/ }, () => ({
        contents: `module.exports = class { constructor() { throw new Error('left out: bundle.mjs'); } };`,
      }));
    },
  };
}
