/**
 * `npm run soak -- [--minutes 30] [--rounds N] [--seed N] [--steps 40]`: rounds of random steps until
 * the time is over. Round n has the seed `seed + n`, so `--seed S --rounds 1` repeats a failed one.
 * `npm run soak -- --leak [--minutes 30]`: whether daemon and keeper grow.
 * `npm run soak -- --collector [--minutes 30] [--seed N] [--rate 2000] [--markets 400]`: collector.ts.
 */
import { parseArgs } from 'node:util';
import { soakCollector } from './collector.ts';
import { Figures } from './figures.ts';
import { watchMemory } from './leak.ts';
import { runRound } from './round.ts';

const { values } = parseArgs({
  options: {
    collector: { type: 'boolean', default: false },
    leak: { type: 'boolean', default: false },
    markets: { type: 'string', default: '400' },
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: process.env['SOAK_SEED'] ?? String(Date.now() % 1_000_000) },
    steps: { type: 'string', default: '40' },
  },
});

if (process.platform !== 'linux') {
  console.error('the soak looks at processes through /proc, so it runs on Linux only');
  process.exit(2);
}
if (values.collector) await collector();
else if (values.leak) await leak(number('minutes'));
else await soak(number('seed'), number('steps'), number('rounds'), number('minutes'));

async function soak(seed: number, steps: number, rounds: number, minutes: number): Promise<void> {
  const figures = new Figures();
  const endMs = performance.now() + minutes * 60_000;
  try {
    for (let round = 0; round < rounds && performance.now() < endMs; round++) {
      await runRound(seed + round, steps, figures);
    }
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
  console.log(`seed ${seed}, ${steps} steps a round\n${figures.report()}`);
}

async function collector(): Promise<void> {
  const { text, isFailed } = await soakCollector({
    seed: number('seed'),
    minutes: number('minutes'),
    tradesPerSecond: number('rate'),
    markets: number('markets'),
  });
  console.log(text);
  if (isFailed) process.exitCode = 1;
}

async function leak(minutes: number): Promise<void> {
  const { text, isLeaking } = await watchMemory(minutes);
  console.log(text);
  if (isLeaking) process.exitCode = 1;
}

function number(name: 'markets' | 'minutes' | 'rate' | 'rounds' | 'seed' | 'steps'): number {
  const value = Number(values[name]);
  if (!Number.isNaN(value)) return value;
  console.error(`--${name} must be a number, not "${values[name]}"`);
  process.exit(2);
}
