// The file that starts a bundle out of V8's code cache, which spares it most of its compiling.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * Writes `program`, and the cache of its `bundle` into the same folder. V8 takes a cache only in the
 * version of Node that made it, and under the same flags; in any other the bundle is compiled.
 */
export function writeLauncher({ program, bundle, nodeFlags }) {
  // V8 compares no more than the length of the source: the name keeps another bundle's cache away.
  const hash = createHash('sha256').update(readFileSync(bundle)).digest('hex').slice(0, 16);
  const cache = `${bundle}.${hash}.code-cache`;
  const args = [...nodeFlags, '--eval', cacheMaker, bundle, cache];
  execFileSync(process.execPath, args, { stdio: 'inherit' });
  writeFileSync(program, launcher(basename(bundle), basename(cache), statSync(cache).size));
  chmodSync(program, 0o755);
}

// As Node's own loader wraps a CommonJS module; the column makes up for the length of the wrapper.
const compile = `
function compile(filename, cachedData) {
  const wrapper = '(function (exports, require, module, __filename, __dirname) {';
  const source = wrapper + readFileSync(filename, 'latin1') + '\\n})';
  return new Script(source, { filename, columnOffset: -wrapper.length, cachedData });
}`;

// Without --lazy V8 compiles every function at once, else only those that have run get into a cache.
const cacheMaker = `
const { readFileSync, writeFileSync } = require('node:fs');
const { setFlagsFromString } = require('node:v8');
const { Script } = require('node:vm');
const [, bundle, cache] = process.argv;
setFlagsFromString('--no-lazy');
const script = compile(bundle);
setFlagsFromString('--lazy');
writeFileSync(cache, script.createCachedData());
${compile}`;

const launcher = (bundle, cache, cacheBytes) => `#!/usr/bin/env node
// Written by launcher.mjs: starts ${bundle} out of its code cache where it can.
'use strict';
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const bundle = join(__dirname, '${bundle}');
const cachedData = readCache();
// Node knows the source map, and counts the coverage, of what its own loader has loaded.
if (!cachedData || process.sourceMapsEnabled || process.env.NODE_V8_COVERAGE) require(bundle);
else {
  const run = compile(bundle, cachedData).runInThisContext();
  run(exports, require, module, bundle, __dirname);
}

// V8 looks at the beginning of a cache only and would run what is left of one that was cut off.
function readCache() {
  try {
    const cache = readFileSync(join(__dirname, '${cache}'));
    return cache.length === ${cacheBytes} ? cache : null;
  } catch (error) {
    // Whatever keeps it from being read: it only saves time.
    if (error.code === undefined) throw error;
    return null;
  }
}
${compile}
`;
