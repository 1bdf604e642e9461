import { describe, it } from 'mocha';
import { Figures } from './figures.ts';
import { runRound } from './round.ts';

/** One under which every kind of step occurs. SOAK_SEED gives another sequence. */
const seed = Number(process.env['SOAK_SEED'] ?? 20_310_567);
const steps = 9;

console.log(`    SOAK_SEED=${seed}`);

describe('one copy of each module', () => {
  it('is all that ever runs, and all that is wanted does, whatever is killed, asked or reloaded', async () => {
    const figures = new Figures();
    await runRound(seed, steps, figures);
    console.log(figures.report().replaceAll(/^/gm, '      '));
  });
});
