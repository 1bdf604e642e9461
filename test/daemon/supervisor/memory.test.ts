import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { fromMemory, toMemory } from '../../../daemon/supervisor/facts.ts';
import {
  afterCleanStart,
  blankMemory,
  moduleMemory,
  type ModuleMemory,
} from '../../../daemon/supervisor/memory.ts';
import { moduleState } from '../../../rpc/shapes.ts';
import { testModule } from './test-module.ts';

const seed = 20260104;
const config = testModule('sample', {});
const time = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const memories: fc.Arbitrary<ModuleMemory> = fc.record({
  operator: fc.constantFrom('up', 'down', null),
  halted: fc.boolean(),
  until_schedule: fc.boolean(),
  finished: fc.boolean(),
  state: fc.constantFrom(...moduleState.options),
  reason: fc.option(fc.string()),
  restart_count: fc.nat(),
  params: fc.option(fc.dictionary(fc.string(), fc.integer())),
  ready_launch: fc.option(fc.string()),
  ended_launch: fc.option(fc.string()),
  next_restart_at: fc.option(time),
  last_exit: fc.option(
    fc.record({
      code: fc.option(fc.integer()),
      signal: fc.option(fc.constant('SIGTERM')),
      reason: fc.constant(null),
      at: time,
      uptime: fc.nat(),
    }),
  ),
  last_error: fc.option(fc.string()),
  log_seq: fc.nat(),
});

describe('the memory of a module', () => {
  it('comes back from the disk as it was, but for what only the keeper can know', () => {
    fc.assert(
      fc.property(memories, (memory) => {
        const stored: unknown = JSON.parse(JSON.stringify(memory));
        const facts = fromMemory(config, moduleMemory.parse(stored));
        const { state, next_restart_at } = toMemory(facts);
        const kept = { ...memory, state, next_restart_at };
        expect(toMemory(facts)).to.deep.equal(kept);
        expect(facts.launch).to.equal(null);
        expect(['starting', 'running', 'stopping']).not.to.include(state);
        const mayBeDue = state === 'restarting' || state === 'failed';
        expect(next_restart_at).to.equal(mayBeDue ? memory.next_restart_at : null);
      }),
      { seed },
    );
  });

  it('keeps a pending restart and a given-up module, and nothing else of the state', () => {
    const next_restart_at = '2026-01-01T00:00:00.000Z';
    const found = moduleState.options.map(
      (state) => fromMemory(config, { ...blankMemory, state, next_restart_at }).state,
    );
    expect(found).to.deep.equal([
      'stopped',
      'stopped',
      'stopped',
      'stopped',
      'restarting',
      'failed',
      'import_failed',
    ]);
  });

  it('after a clean stop holds intent and params, with counts and failures forgotten', () => {
    fc.assert(
      fc.property(memories, (memory) => {
        const { operator, halted, until_schedule, params } = memory;
        const { ended_launch, last_exit, log_seq } = memory;
        const reason = operator === 'down' ? memory.reason : null;
        const kept = { operator, halted, until_schedule, params, reason };
        expect(afterCleanStart(memory)).to.deep.equal({
          ...blankMemory,
          ...kept,
          last_exit,
          ended_launch,
          log_seq,
        });
      }),
      { seed },
    );
  });
});
