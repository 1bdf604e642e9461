import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { packageRoot } from '../../config/paths.ts';
import type { InstalledNode } from './node-version.ts';
import { readTally, type Outcome } from './outcome.ts';

const suiteMsMax = 30 * 60_000;
const mocha = join(createRequire(import.meta.url).resolve('mocha'), '../bin/mocha.js');

/** Runs the built tests on this Node, which is also the `node` that they find; prints as they do. */
export async function runSuite({ version, program, bin }: InstalledNode): Promise<Outcome> {
  const startedMs = performance.now();
  const child = spawn(program, [mocha], {
    cwd: packageRoot(),
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: suiteMsMax,
  });
  let end = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text);
    end = (end + text).slice(-1000);
  });
  const [status] = (await once(child, 'close')) as [number | null];
  const tally = readTally(end);
  const durationMs = performance.now() - startedMs;
  return { version, isPassed: status === 0, result: tally && { ...tally, durationMs } };
}
