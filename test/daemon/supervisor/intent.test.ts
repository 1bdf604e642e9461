import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  type Claims,
  claimOf,
  keptDownBy,
  nextStep,
  type Situation,
  whyDown,
} from '../../../daemon/supervisor/intent.ts';
import { moduleState } from '../../../rpc/shapes.ts';
import { noClaims } from './no-claims.ts';

const seed = 20260102;
const claims = fc.record({
  operator: fc.constantFrom('up' as const, 'down' as const, null),
  halted: fc.boolean(),
  untilSchedule: fc.boolean(),
  finished: fc.boolean(),
  enabled: fc.boolean(),
  window: fc.constantFrom('up' as const, 'down' as const, null),
  autostart: fc.boolean(),
});
const situations: fc.Arbitrary<Situation> = fc.record({
  state: fc.constantFrom(...moduleState.options),
  wanted: fc.constantFrom('up', 'down'),
  launchAgain: fc.boolean(),
  unendable: fc.boolean(),
  busy: fc.boolean(),
  closing: fc.boolean(),
  held: fc.boolean(),
  leanedOn: fc.boolean(),
  offHours: fc.boolean(),
});

describe('what is wanted', () => {
  const rows: [string, Partial<Claims>, 'up' | 'down' | null][] = [
    ['nobody wants it', {}, null],
    ['autostart wants it', { autostart: true }, 'up'],
    ['an operator started it', { operator: 'up' }, 'up'],
    ['an operator stopped what autostart wants', { operator: 'down', autostart: true }, 'down'],
    ['it finished what an operator started', { operator: 'up', finished: true }, 'down'],
    ['it finished what autostart wants', { autostart: true, finished: true }, 'down'],
    ['its hours are over, though autostart wants it', { window: 'down', autostart: true }, 'down'],
    ['it is within its hours', { window: 'up' }, 'up'],
    ['an operator started it out of its hours', { window: 'down', operator: 'up' }, 'up'],
    ['an operator stopped it in its hours', { window: 'up', operator: 'down' }, 'down'],
    ['it finished in its hours', { window: 'up', finished: true }, 'down'],
    ['an operator started what is disabled', { operator: 'up', enabled: false }, 'down'],
    ['autostart wants what is disabled', { autostart: true, enabled: false }, 'down'],
  ];
  for (const [title, changes, wanted] of rows) {
    it(`is ${wanted ?? 'left to its dependants'} when ${title}`, () => {
      expect(claimOf({ ...noClaims, ...changes })).to.equal(wanted);
    });
  }

  it('is never up against an operator, a finished run, or enabled: false', () => {
    fc.assert(
      fc.property(claims, (claim) => {
        const mayRun = claim.enabled && !claim.finished && claim.operator !== 'down';
        const isAsked = claim.operator === 'up' || (claim.window ?? claim.autostart) === true;
        const isOpen = claim.window === 'up';
        expect(claimOf(claim) === 'up').to.equal(mayRun && (isAsked || isOpen));
      }),
      { seed },
    );
  });
});

describe('who keeps a module down against the schedule', () => {
  const rows: [Partial<Claims>, string | null][] = [
    [{}, null],
    [{ operator: 'up' }, null],
    [{ window: 'down' }, null],
    [{ finished: true }, null],
    [{ operator: 'down' }, 'operator'],
    [{ operator: 'down', halted: true }, 'halted'],
    [{ operator: 'down', untilSchedule: true }, null],
    [{ enabled: false }, 'disabled'],
  ];
  for (const [changes, keptBy] of rows) {
    it(`is ${keptBy ?? 'nobody'} given ${JSON.stringify(changes)}`, () => {
      expect(keptDownBy({ ...noClaims, ...changes })).to.equal(keptBy);
    });
  }
});

describe('why a module is down', () => {
  const rows: [Partial<Claims>, boolean, string | null][] = [
    [{}, false, null],
    [{ operator: 'up' }, true, 'shutdown'],
    [{ operator: 'down' }, false, 'operator'],
    [{ operator: 'down' }, true, 'operator'],
    [{ operator: 'down', halted: true }, true, 'halted'],
    [{ finished: true }, false, 'finished'],
    [{ operator: 'up', enabled: false }, false, 'disabled'],
    [{ operator: 'down', untilSchedule: true }, false, 'schedule'],
    [{ window: 'down', autostart: true }, false, 'schedule'],
    [{ window: 'down', finished: true }, false, 'finished'],
    [{ window: 'up' }, true, 'shutdown'],
    [{ window: 'down', operator: 'up' }, true, 'shutdown'],
  ];
  for (const [changes, closing, reason] of rows) {
    const situation = `${JSON.stringify(changes)}${closing ? ' while the daemon ends' : ''}`;
    it(`is ${String(reason)} given ${situation}`, () => {
      expect(whyDown({ ...noClaims, ...changes }, closing)).to.equal(reason);
    });
  }

  it('has a reason for every module that somebody keeps down', () => {
    fc.assert(
      fc.property(claims, fc.boolean(), (claim, closing) => {
        const nobodyAsked = claim.operator === null && !claim.window && !claim.autostart;
        if (claimOf(claim) === 'up' || nobodyAsked) return;
        expect(whyDown(claim, closing)).not.to.equal(null);
      }),
      { seed },
    );
  });
});

describe('the next step', () => {
  const calm = {
    launchAgain: false,
    unendable: false,
    busy: false,
    closing: false,
    held: false,
    leanedOn: false,
    offHours: false,
  };
  // Columns: wanted up, wanted up with a new launch asked for, wanted down.
  const rows = {
    stopped: ['launch', 'launch', 'none'],
    starting: ['none', 'end', 'end'],
    running: ['none', 'end', 'end'],
    stopping: ['none', 'none', 'none'],
    restarting: ['none', 'launch', 'end'],
    failed: ['none', 'launch', 'end'],
    import_failed: ['none', 'launch', 'end'],
  } as const;
  for (const state of moduleState.options) {
    it(`of a module that is ${state} follows from what is wanted`, () => {
      const found = [
        nextStep({ ...calm, state, wanted: 'up' }),
        nextStep({ ...calm, state, wanted: 'up', launchAgain: true }),
        nextStep({ ...calm, state, wanted: 'down' }),
      ];
      expect(found).to.deep.equal(rows[state]);
    });
  }

  it('is none while a step is under way', () => {
    const busy = situations.map((situation) => ({ ...situation, busy: true }));
    fc.assert(
      fc.property(busy, (situation) => nextStep(situation) === 'none'),
      { seed },
    );
  });

  it('is never a launch while the daemon ends or nobody wants it', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const step = nextStep(situation);
        expect(['launch', 'end', 'none']).to.include(step);
        if (situation.closing || situation.wanted === 'down') expect(step).not.to.equal('launch');
      }),
      { seed },
    );
  });

  it('does not try in vain to end again what survived, until somebody asks', () => {
    const survived = { ...calm, state: 'failed', wanted: 'down', unendable: true } as const;
    expect(nextStep(survived)).to.equal('none');
    expect(nextStep({ ...survived, unendable: false })).to.equal('end');
  });

  it('keeps down what a dependency holds, and lets a failure show', () => {
    const held = { ...calm, wanted: 'up', held: true } as const;
    expect(nextStep({ ...held, state: 'stopped' })).to.equal('none');
    expect(nextStep({ ...held, state: 'running' })).to.equal('end');
    expect(nextStep({ ...held, state: 'restarting' })).to.equal('end');
    expect(nextStep({ ...held, state: 'failed' })).to.equal('none');
    expect(nextStep({ ...held, state: 'failed', launchAgain: true })).to.equal('none');
  });

  it('lets a failure show when its hours are over, but not when the daemon ends', () => {
    const over = { ...calm, wanted: 'down', offHours: true } as const;
    expect(nextStep({ ...over, state: 'failed' })).to.equal('none');
    expect(nextStep({ ...over, state: 'import_failed' })).to.equal('none');
    expect(nextStep({ ...over, state: 'running' })).to.equal('end');
    expect(nextStep({ ...over, state: 'restarting' })).to.equal('end');
    expect(nextStep({ ...over, state: 'failed', closing: true })).to.equal('end');
  });

  it('waits with an end until nobody leans on it', () => {
    const leanedOn = { ...calm, state: 'running', wanted: 'down', leanedOn: true } as const;
    expect(nextStep(leanedOn)).to.equal('none');
    expect(nextStep({ ...leanedOn, leanedOn: false })).to.equal('end');
  });
});
