import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { HealthConfig } from '../../../config/effective.ts';
import type { CheckedModule } from '../../../daemon/watchdog/check.ts';
import { HealthChecker, type HealthCheckerOptions } from '../../../daemon/watchdog/checker.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/until.ts';

type Rule = Partial<HealthConfig> & { readonly policy?: 'always' | 'never' };

/** What a module does when it is asked: answers, or leaves whoever asks waiting. */
type Answer = () => Promise<unknown>;

const hangs: Answer = () => new Promise(() => undefined);
const answers =
  (answer: object): Answer =>
  () =>
    Promise.resolve(answer);

/** A checker on a clock of its own, and modules that are asked over a link of one function each. */
class World {
  readonly clock = new FakeClock();
  readonly news: string[] = [];
  readonly unfit: string[] = [];
  readonly stalls: number[] = [];
  readonly asked: string[] = [];
  readonly linked = new Set<string>();
  readonly modules = new Map<string, CheckedModule>();
  readonly answers = new Map<string, Answer>();
  readonly checker: HealthChecker;
  commandSays: string | null = null;
  inFlight = 0;
  inFlightMax = 0;
  sleptMs = 0;

  constructor() {
    const options: HealthCheckerOptions = {
      system: this.clock,
      bootMs: () => this.clock.monotonicMs() + this.sleptMs,
      find: (name) => this.modules.get(name) ?? null,
      ways: {
        askLink: (name, signal) => this.#ask(name, signal),
        runCommand: () => Promise.resolve(this.commandSays),
      },
      hasLink: ({ name }) => this.linked.has(name),
      onNews: ({ name, health, why }) =>
        this.news.push(`${name} ${health}${why === null ? '' : `: ${why}`}`),
      onUnfit: (name, launch) => {
        this.unfit.push(`${name} ${launch}`);
        this.modules.delete(name);
        this.checker.look(name);
      },
      onStall: ({ stalledMs, suspendedMs }) => this.stalls.push(stalledMs + suspendedMs),
      onFault: (name, error) => {
        throw new Error(`fault of ${name}`, { cause: error });
      },
    };
    this.checker = new HealthChecker(options);
  }

  run(name: string, answer: Answer, rule: Rule = {}, launch = 'first', hasLink = true): void {
    const { policy = 'always', ...health } = rule;
    const standard = { intervalMs: 30_000, timeoutMs: 5000, failures: 3, startPeriodMs: 0 };
    this.modules.set(name, {
      name,
      launch,
      startedMonotonicMs: this.clock.monotonicMs(),
      config: {
        health: { check: { kind: 'link' }, ...standard, ...health },
        restart: { policy } as CheckedModule['config']['restart'],
        ready: { kind: 'after', afterMs: 0, timeoutMs: 30_000 },
      },
    });
    this.answers.set(name, answer);
    if (hasLink) this.linked.add(name);
    this.checker.look(name);
  }

  #ask(name: string, signal: AbortSignal): Promise<unknown> | null {
    if (!this.linked.has(name)) return null;
    this.asked.push(name);
    this.inFlight++;
    this.inFlightMax = Math.max(this.inFlightMax, this.inFlight);
    const end = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    });
    return Promise.race([this.answers.get(name)!(), end]).finally(() => this.inFlight--);
  }
}

describe('health checks', () => {
  it('come every 30 seconds by default, soon for the first time (row 60)', async () => {
    const world = new World();
    world.run('bot', answers({ healthy: true }));
    await world.clock.advance(1000);
    expect(world.news).to.deep.equal(['bot healthy']);
    await world.clock.advance(30_000);
    expect(world.asked).to.have.length(2);
    await world.clock.advance(300_000);
    expect(world.asked).to.have.length(12);
  });

  it('that fail three times in a row say that it is unfit, once (row 60)', async () => {
    const world = new World();
    world.run('bot', answers({ healthy: false, reason: 'stuck' }));
    await world.clock.advance(300_000);
    expect(world.news).to.deep.equal(['bot degraded: stuck', 'bot unhealthy: stuck']);
    expect(world.unfit).to.deep.equal(['bot first']);
    expect(world.asked).to.have.length(3);
  });

  it('take no answer within 5 seconds for a failure (row 60)', async () => {
    const world = new World();
    world.run('bot', hangs);
    await world.clock.advance(300_000);
    expect(world.news[0]).to.equal('bot degraded: its event loop hangs: no answer in time');
    expect(world.unfit).to.deep.equal(['bot first']);
    expect(world.inFlight).to.equal(0);
  });

  it('show what the module tells of itself (row 60)', async () => {
    const world = new World();
    const told = { queue_depth: 4, error_count: 2, last_activity: '2026-11-22T05:00:00Z' };
    world.run('bot', answers({ healthy: true, ...told, details: { feed: 'ok' } }));
    await world.clock.advance(1000);
    expect(world.checker.latest('bot')?.details).to.deep.include({
      ...{ check: 'link', message: null, failures: 0 },
      ...told,
      details: { feed: 'ok' },
    });
  });

  it('leave a module alone that says that a restart does not help', async () => {
    const world = new World();
    world.run('bot', answers({ healthy: false, reason: 'no prices', restart_helps: false }));
    await world.clock.advance(600_000);
    expect(world.news.at(-1)).to.equal('bot unhealthy: no prices');
    expect(world.unfit).to.deep.equal([]);
  });

  it('take what is no answer at all for a failure', async () => {
    const world = new World();
    world.run('bot', answers({ well: 'yes' }), { failures: 1 });
    await world.clock.advance(1000);
    expect(world.news[0]).to.match(/^bot unhealthy: its answer to link.health is not one/);
  });

  it('wait for the link of a module without one', async () => {
    const world = new World();
    world.run('late', answers({ healthy: true }), {}, 'first', false);
    await world.clock.advance(600_000);
    expect(world.asked).to.deep.equal([]);
    world.linked.add('late');
    world.checker.linked('late');
    world.checker.linked('late');
    await world.clock.advance(1000);
    expect(world.asked).to.deep.equal(['late']);
  });

  it('are made of 20 modules at a time, never of all', async () => {
    const world = new World();
    const release: (() => void)[] = [];
    const waits = () => new Promise((resolve) => release.push(() => resolve({ healthy: true })));
    for (let i = 0; i < 100; i++) world.run(`m${i}`, waits);
    await world.clock.advance(1000);
    expect(world.inFlight).to.equal(20);
    while (release.length > 0) {
      release.shift()!();
      await world.clock.advance(0);
    }
    expect(world.news).to.have.length(100);
    expect(world.inFlightMax).to.equal(20);
  });

  it('never pile up: the next one is due some time after the last one has ended', async () => {
    const world = new World();
    world.run('bot', hangs, { intervalMs: 1000, timeoutMs: 60_000, failures: 1000 });
    await world.clock.advance(5000);
    world.checker.linked('bot');
    await world.clock.advance(50_000);
    expect(world.asked).to.have.length(1);
    await world.clock.advance(55_000);
    expect(world.asked).to.have.length(2);
    expect(world.inFlightMax).to.equal(1);
  });

  it('that were in flight while the host slept do not count', async () => {
    const world = new World();
    world.run('bot', hangs, { failures: 1 });
    await world.clock.advance(1000);
    expect(world.inFlight).to.equal(1);
    world.sleptMs += 60_000;
    await world.clock.advance(10_000);
    expect(world.stalls).to.deep.equal([60_000]);
    expect(world.news).to.deep.equal([]);
    await world.clock.advance(40_000);
    expect(world.unfit).to.deep.equal(['bot first']);
  });

  it('begin anew after a sleep between them, with an interval to recover in', async () => {
    const world = new World();
    world.run('bot', answers({ healthy: false }), { failures: 2 });
    await world.clock.advance(1000);
    expect(world.news).to.have.length(1);
    world.sleptMs += 3_600_000;
    await world.clock.advance(30_000);
    // The second check would have come; the clock is looked at first.
    expect(world.asked).to.have.length(1);
    await world.clock.advance(22_500);
    expect(world.asked).to.have.length(2);
    expect(world.unfit).to.deep.equal([]);
    await world.clock.advance(30_000);
    expect(world.unfit).to.have.length(1);
  });

  it('are of the present launch: what an earlier one did is forgotten', async () => {
    const world = new World();
    world.run('bot', answers({ healthy: false }));
    await world.clock.advance(30_000);
    world.run('bot', answers({ healthy: false }), {}, 'second');
    expect(world.checker.latest('bot')).to.equal(null);
    await world.clock.advance(30_000);
    expect(world.unfit).to.deep.equal([]);
    await world.clock.advance(30_000);
    expect(world.unfit).to.deep.equal(['bot second']);
  });

  it('follow a new rule without a new launch', async () => {
    const world = new World();
    world.run('bot', answers({ healthy: true }), { intervalMs: 3_600_000 });
    await world.clock.advance(10_000);
    world.run('bot', answers({ healthy: true }), { intervalMs: 1000 });
    await world.clock.advance(10_000);
    expect(world.asked.length).to.be.greaterThan(8);
  });

  it('are not put off by a configuration that is read again and again', async () => {
    const world = new World();
    for (let reload = 0; reload < 20; reload++) {
      world.run('bot', answers({ healthy: true }));
      await world.clock.advance(15_000);
    }
    expect(world.asked.length).to.be.greaterThan(8);
  });

  it('begin anew under another check, soon, and the failures of the old one do not count', async () => {
    const world = new World();
    world.run('bot', answers({ healthy: false }));
    await world.clock.advance(40_000);
    expect(world.asked).to.have.length(2);
    world.commandSays = 'exit code 1';
    world.run('bot', hangs, { check: { kind: 'exec', command: ['false'] } });
    await world.clock.advance(1000);
    expect(world.checker.latest('bot')?.details).to.include({ check: 'exec', failures: 1 });
    expect(world.unfit).to.deep.equal([]);
    expect(world.news).to.deep.equal(['bot degraded: it says that it is not healthy']);
  });

  it('that nobody makes any more leave nothing known, rather than what the last one found', async () => {
    const world = new World();
    const unlinked = [answers({}), { check: { kind: 'tcp', port: 1 } }, 'first', false] as const;
    world.run('bot', ...unlinked);
    await until('a check of the real port', async () => {
      await world.clock.advance(100);
      return world.news.length > 0;
    });
    world.run('bot', answers({}), {}, 'first', false);
    expect(world.news.at(-1)).to.equal('bot unknown');
    expect(world.checker.latest('bot')).to.equal(null);
  });

  it('end with the module, also in the middle of one', async () => {
    const world = new World();
    world.run('bot', hangs, { timeoutMs: 3_600_000 });
    await world.clock.advance(1000);
    world.modules.delete('bot');
    world.checker.look('bot');
    await world.clock.advance(0);
    expect(world.inFlight).to.equal(0);
    await world.clock.advance(600_000);
    expect(world.asked).to.have.length(1);
    expect(world.news).to.deep.equal([]);
  });

  it('begin anew when somebody else has noticed that the host stood still', async () => {
    const world = new World();
    world.run('bot', hangs);
    world.run('slow', answers({ healthy: false, reason: 'stuck' }), { failures: 4 });
    const askedOf = (name: string) => world.asked.filter((one) => one === name).length;
    while (askedOf('bot') < 3) await world.clock.advance(1000);
    // Two of three have failed, and the third is under way; of the other one three of four.
    expect([world.inFlight, askedOf('slow')]).to.deep.equal([1, 3]);
    world.checker.beginAnew();
    await world.clock.advance(29_000);
    expect(world.unfit).to.deep.equal([]);
    await world.clock.advance(150_000);
    expect(world.unfit.toSorted()).to.deep.equal(['bot first', 'slow first']);
    expect(world.stalls).to.deep.equal([]);
  });
});
