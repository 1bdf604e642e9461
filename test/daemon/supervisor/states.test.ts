import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  type LifeEvent,
  nextState,
  stateDiagram,
  transitions,
} from '../../../daemon/supervisor/states.ts';
import { moduleState, type ModuleState } from '../../../rpc/shapes.ts';

const events: readonly LifeEvent[] = [
  'launch',
  'adopt',
  'ready',
  'end',
  'gone',
  'back_off',
  'give_up',
  'import_failure',
];

/** Every cell, in the order of `events`; a dot is an event that cannot happen. */
const cells: Record<ModuleState, string> = {
  stopped: 'starting starting . . . . . .',
  starting: '. . running stopping stopped restarting failed import_failed',
  running: '. . . stopping stopped restarting failed .',
  stopping: '. . . . stopped restarting failed .',
  restarting: 'starting . . stopping . . . .',
  failed: 'starting . . stopping . . . .',
  import_failed: 'starting . . stopping . . . .',
};

describe('the table of states (row 51)', () => {
  for (const [state, row] of Object.entries(cells)) {
    it(`decides every event of a module that is ${state}`, () => {
      const found = events.map((event) => nextState(state as ModuleState, event) ?? '.');
      expect(found.join(' ')).to.equal(row);
    });
  }

  it('has a row for every state of the contract and no other', () => {
    expect(Object.keys(transitions)).to.have.members(moduleState.options);
  });

  it('holds no event that this test does not know', () => {
    const used = Object.values(transitions).flatMap((row) => Object.keys(row));
    expect(events).to.include.members(used);
  });

  it('lets every state be left, and be reached from a stopped module', () => {
    const reached = new Set<ModuleState>(['stopped']);
    for (const state of reached)
      for (const to of Object.values(transitions[state])) reached.add(to);
    expect([...reached]).to.have.members(moduleState.options);
    for (const row of Object.values(transitions)) expect(row).not.to.be.empty;
  });

  it('never reaches running or stopping but from something that was launched', () => {
    const anyState = fc.constantFrom(...moduleState.options);
    fc.assert(
      fc.property(anyState, fc.constantFrom(...events), (state, event) => {
        if (nextState(state, event) === 'running') expect(state).to.equal('starting');
        if (nextState(state, event) === 'stopping') expect(state).not.to.equal('stopped');
      }),
      { seed: 20260101 },
    );
  });

  it('is drawn with one arrow for each transition', () => {
    const arrows = stateDiagram().match(/ --> /g)?.length;
    const count = Object.values(transitions).flatMap((row) => Object.keys(row)).length;
    expect(arrows).to.equal(count + 1);
  });
});
