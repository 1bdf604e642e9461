import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { RpcError } from '../../../rpc/errors.ts';
import { killAll } from '../../support/processes.ts';
import type { TestHouse } from './house.ts';
import { temporaryHouses } from './temporary-houses.ts';
import { fixture } from './test-module.ts';

const stepCount = 60;
const names = ['bot', 'stubborn'] as const;
type Name = (typeof names)[number];

const step = fc.record({
  name: fc.constantFrom(...names),
  what: fc.constantFrom('start', 'stop', 'restart', 'kill', 'wait' as const),
});

describe('any sequence of calls and crashes', () => {
  const open = temporaryHouses();

  for (const seed of [1, 2, 3]) {
    it(`never runs two copies, answers every call and comes to rest (seed ${seed})`, async () => {
      const house = await open({
        modules: {
          bot: {},
          stubborn: { command: fixture('ignores-term.sh'), stop: { timeoutMs: 50 } },
        },
      });
      const steps = fc.sample(step, { seed, numRuns: stepCount });
      const calls: Promise<unknown>[] = [];
      const lastWord = new Map<Name, 'up' | 'down'>();
      for (const { name, what } of steps) {
        if (what === 'wait') await Promise.all(calls.splice(0));
        else if (what === 'kill') killIfRunning(house, name);
        else {
          calls.push(answered(house[what](name)));
          lastWord.set(name, what === 'stop' ? 'down' : 'up');
        }
        // Lets the calls interleave with the keeper's answers.
        await house.clock.advance(0);
        for (const each of names) expect(house.liveLaunches(each).length, each).to.be.at.most(1);
      }
      await Promise.all(calls);
      for (const name of names) await expectRest(house, name, lastWord.get(name) ?? 'down');
      expect(house.faults).to.deep.equal([]);
    });
  }
});

/** A call may be refused or overtaken by another; it must be answered in the contract's words. */
async function answered(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    expect(error).to.be.instanceOf(RpcError);
    expect((error as RpcError).code).to.be.oneOf([-32003, -32007]);
  }
}

function killIfRunning(house: TestHouse, name: Name): void {
  const { state, pid } = house.status(name);
  if (state === 'running' && pid !== null) killAll([pid]);
}

async function expectRest(house: TestHouse, name: Name, wanted: 'up' | 'down'): Promise<void> {
  expect(house.status(name).wanted, name).to.equal(wanted);
  const goal = wanted === 'up' ? 'running' : 'stopped';
  const { state } = await house.reaches(name, ({ state }) => {
    return state === goal || state === 'restarting' || state === 'failed';
  });
  if (state === 'restarting') {
    await house.clock.advance(60_000);
    await house.reaches(name, 'running');
  }
  const live = house.liveLaunches(name).length;
  const rest = { state: house.status(name).state, live };
  expect(rest, name).to.deep.equal({ state: goal, live: wanted === 'up' ? 1 : 0 });
}
