/** What can be done to SuperBot, as data: a seed gives the same steps every time. */
import fc from 'fast-check';
import { names } from './modules.ts';

export interface Call {
  readonly method: 'module.start' | 'module.stop' | 'module.restart';
  readonly module: string;
  /** With what is running on top of it. */
  readonly cascade: boolean;
  /** Stop: beginning with SIGKILL. Restart: also of what could not be launched. */
  readonly force: boolean;
}

export type Victim = 'daemon' | 'keeper' | 'both';
export type Death = { readonly exit: number } | { readonly signal: NodeJS.Signals };

export type Step =
  | { readonly kind: 'call'; readonly call: Call }
  /** As many clients, all in the same instant. */
  | { readonly kind: 'race'; readonly calls: readonly Call[] }
  | {
      readonly kind: 'crash';
      readonly module: string;
      readonly how: Death;
      readonly unseen: boolean;
    }
  /** SIGKILL in the middle of the calls; a daemon that was killed is started again. */
  | {
      readonly kind: 'kill';
      readonly victim: Victim;
      readonly calls: readonly Call[];
      readonly afterMs: number;
    }
  /** A clean stop, a look at what is left, and a new daemon. */
  | { readonly kind: 'replace' }
  | {
      readonly kind: 'reload';
      readonly change: 'environment' | 'presence';
      readonly module: string;
    };

const module = fc.constantFrom(...names);

const callOf = (target: fc.Arbitrary<string>): fc.Arbitrary<Call> =>
  fc.record({
    method: fc.constantFrom('module.start', 'module.stop', 'module.restart'),
    module: target,
    cascade: fc.boolean(),
    force: fc.boolean(),
  });

const call = callOf(module);
const racers = 20;
const ofOneModule = module.chain((name) =>
  fc.array(callOf(fc.constant(name)), { minLength: racers, maxLength: racers }),
);
const ofAnyModule = fc.array(call, { minLength: racers, maxLength: racers });

const death: fc.Arbitrary<Death> = fc.oneof(
  fc.constantFrom<Death>({ exit: 0 }, { exit: 1 }, { exit: 3 }, { exit: 70 }),
  fc.constantFrom<Death>({ exit: 78 }, { exit: 79 }),
  fc.constantFrom<Death>({ signal: 'SIGKILL' }, { signal: 'SIGUSR2' }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('call'), call }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('race'), calls: fc.oneof(ofOneModule, ofAnyModule) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('crash'),
      module,
      how: death,
      unseen: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('kill'),
      victim: fc.constantFrom<Victim>('daemon', 'keeper', 'both'),
      calls: fc.array(call, { maxLength: 4 }),
      afterMs: fc.constantFrom(0, 1, 2, 5, 10, 20, 50, 100, 200),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replace') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('reload'),
      change: fc.constantFrom('environment', 'presence'),
      module,
    }),
  },
);

export function stepsOf(seed: number, count: number): Step[] {
  return fc.sample(step, { seed, numRuns: count });
}

/** One line, for whoever reads what led to a failure. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'call':
      return describeCall(step.call);
    case 'race':
      return `${step.calls.length} clients: ${step.calls.map(describeCall).join(', ')}`;
    case 'crash':
      return `crash ${step.module} by ${JSON.stringify(step.how)}${step.unseen ? ' while no daemon is there' : ''}`;
    case 'kill':
      return `kill ${step.victim} ${step.afterMs} ms into [${step.calls.map(describeCall).join(', ')}]`;
    case 'replace':
      return 'stop the daemon and start another';
    case 'reload':
      return `reload with another ${step.change} of ${step.change === 'presence' ? 'extra' : step.module}`;
  }
}

function describeCall({ method, module, cascade, force }: Call): string {
  const flags = `${cascade ? ' cascade' : ''}${force ? ' force' : ''}`;
  return `${method.slice('module.'.length)} ${module}${flags}`;
}
