/**
 * What `npm test` does with what is built: lint and format check beside the tests, which wait for
 * other processes half of their time. The tests are heard as they run, a check when all is over, and
 * only where it has failed. The tally comes last; the exit status is 0 when everything has passed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { HeldLine } from './held-line.ts';

const runMsMax = 30 * 60_000;

interface Check {
  readonly script: string;
  /** Null when it was killed. */
  readonly status: number | null;
  readonly output: string;
}

const tally = new HeldLine((text) => process.stdout.write(text));
const colour = process.stdout.isTTY ? ['--', '--color'] : [];
const [tests, checks] = await Promise.all([
  run(['test:run', ...colour], (text) => tally.write(text)),
  inTurn(['lint', 'format:check']),
]);
const failed = checks.filter(({ status }) => status !== 0);
for (const { script, status, output } of failed) {
  process.stdout.write(`${output}\n"npm run ${script}" has failed (${status ?? 'killed'})\n\n`);
}
process.stdout.write(tally.rest);
process.exitCode = tests === 0 && failed.length === 0 ? 0 : 1;

/** One at a time: each takes a whole processor, and the tests shall have some too. */
async function inTurn(scripts: readonly string[]): Promise<Check[]> {
  const checks: Check[] = [];
  for (const script of scripts) {
    let output = '';
    const status = await run([script], (text) => (output += text));
    checks.push({ script, status, output });
  }
  return checks;
}

async function run(
  args: readonly string[],
  onOutput: (text: string) => void,
): Promise<number | null> {
  const child = spawn('npm', ['run', '--silent', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: runMsMax,
    // There npm is a script of the shell.
    shell: process.platform === 'win32',
  });
  child.stdout.setEncoding('utf8').on('data', onOutput);
  const [status] = (await once(child, 'close')) as [number | null];
  return status;
}
