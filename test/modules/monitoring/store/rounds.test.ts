import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Rounds } from '../../../../modules/monitoring/store/rounds.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

/** Rounds that fail while `problem` is set, and what they wrote and said. */
function someRounds() {
  const clock = new FakeClock();
  const seen = {
    problem: null as string | null,
    gate: Promise.resolve(),
    atMs: [] as number[],
    said: [] as string[],
  };
  const beganMs = clock.now();
  const rounds = new Rounds({
    round: async () => {
      seen.atMs.push(clock.now() - beganMs);
      await seen.gate;
      if (seen.problem !== null) throw new Error(seen.problem);
    },
    clock,
    log: {
      info: (text) => void seen.said.push(text),
      warn: (text) => void seen.said.push(text),
    },
  });
  return { clock, seen, rounds };
}

describe('rounds of writing', () => {
  it('let what may wait have company for two seconds', async () => {
    const { clock, seen, rounds } = someRounds();
    rounds.wish();
    await clock.advance(1000);
    rounds.wish();
    await clock.advance(10_000);
    expect(seen.atMs).to.deep.equal([2000]);
    rounds.wish();
    await clock.advance(2000);
    expect(seen.atMs).to.deep.equal([2000, 13_000]);
  });

  it('come later and later while they fail, and at once when that is wanted', async () => {
    const { clock, seen, rounds } = someRounds();
    seen.problem = 'the disk is full';
    await rounds.now();
    expect(rounds.problem).to.equal('the disk is full');
    await clock.advance(120_000);
    const pauses = seen.atMs.map((atMs, index) => atMs - (seen.atMs[index - 1] ?? 0));
    expect(pauses.slice(0, 7)).to.deep.equal([0, 500, 1000, 2000, 4000, 8000, 15_000]);
    expect(pauses.slice(7).every((pauseMs) => pauseMs === 15_000)).to.equal(true);
    seen.problem = null;
    await rounds.now();
    expect(rounds.problem).to.equal(null);
    const count = seen.atMs.length;
    await clock.advance(120_000);
    expect(seen.atMs, 'nothing waits any more').to.have.length(count);
    expect(seen.said, 'an outage is told once').to.have.length(2);
  });

  it('try whatever waited when they were asked for, however many ask', async () => {
    const { clock, rounds, seen } = someRounds();
    let goOn = (): void => undefined;
    seen.gate = new Promise((resolve) => (goOn = resolve));
    const first = rounds.now();
    await clock.advance(0);
    expect(seen.atMs, 'one runs').to.have.length(1);
    const others = [rounds.now(), rounds.now(), rounds.now()];
    goOn();
    await Promise.all([first, ...others]);
    expect(seen.atMs, 'and one more did').to.have.length(2);
  });

  it('are over when they were stopped', async () => {
    const { clock, rounds, seen } = someRounds();
    rounds.wish();
    await rounds.stop();
    rounds.wish();
    await rounds.now();
    await clock.advance(60_000);
    expect(seen.atMs).to.deep.equal([]);
  });
});
