/**
 * Asks every running module now and then whether it works: many at a time but not all, each of them
 * again only some time after its last check has ended, so that checks never pile up.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ModuleHealth } from '../../rpc/shapes.ts';
import { type LostTime, StallWatch } from './stall.ts';
import type { System, Timer } from '../system.ts';
import {
  check,
  type CheckedModule,
  type CheckOutcome,
  type CheckWays,
  expectsLink,
} from './check.ts';
import { type CheckResult, type HealthHistory, judgeHealth, noHistory } from './health.ts';
import type { LatestCheck } from './health-report.ts';
import { nextCheckDelay } from './pace.ts';

export interface HealthNews {
  readonly name: string;
  readonly launch: string;
  readonly before: ModuleHealth;
  readonly health: ModuleHealth;
  /** Why its last check failed; null when it did not. */
  readonly why: string | null;
}

export interface HealthCheckerOptions {
  readonly system: System;
  /** As `Clocks.bootMs`. */
  readonly bootMs: () => number;
  /** The launch of this module that is ready; null when there is none. */
  readonly find: (name: string) => CheckedModule | null;
  readonly ways: CheckWays;
  readonly hasLink: (module: CheckedModule) => boolean;
  readonly onNews: (news: HealthNews) => void;
  /** A restart could help it. */
  readonly onUnfit: (name: string, launch: string, why: string) => void;
  readonly onStall: (lost: LostTime) => void;
  /** A fault of our own, which says nothing about the module. */
  readonly onFault: (name: string, error: unknown) => void;
}

interface Subject {
  module: CheckedModule;
  history: HealthHistory;
  latest: LatestCheck | null;
  done: number;
  timer: Timer | null;
  flight: { readonly deadline: AbortController; isVoid: boolean } | null;
}

const parallelMax = 20;

export class HealthChecker {
  readonly #options: HealthCheckerOptions;
  readonly #stall: StallWatch;
  readonly #subjects = new Map<string, Subject>();
  /** Due, and waiting for a place. */
  readonly #waiting = new Set<Subject>();
  #inFlight = 0;

  constructor(options: HealthCheckerOptions) {
    this.#options = options;
    const { system, bootMs } = options;
    this.#stall = new StallWatch({ system, bootMs, onStall: (lost) => this.#onStall(lost) });
  }

  /** Something about this module may have changed: whether it runs, which launch it is, its rule. */
  look(name: string): void {
    const module = this.#options.find(name);
    const known = this.#subjects.get(name);
    const isSameLaunch = module !== null && known?.module.launch === module.launch;
    if (isSameLaunch && isDeepStrictEqual(checkOf(known.module), checkOf(module))) {
      this.#follow(known, module);
      return;
    }
    if (known) this.#drop(known);
    if (!module) return;
    // What failed under another check says nothing about this one.
    const history = { ...(isSameLaunch ? known.history : noHistory), failures: 0, curable: 0 };
    const subject = { module, history, latest: null, done: 0, timer: null, flight: null };
    this.#subjects.set(name, subject);
    this.#schedule(subject);
  }

  /** An interval that is the same goes on, however often the configuration is read. */
  #follow(known: Subject, module: CheckedModule): void {
    const isSameInterval =
      known.module.config.health.intervalMs === module.config.health.intervalMs;
    known.module = module;
    if (isSameInterval || known.flight !== null || this.#waiting.has(known)) return;
    known.timer?.cancel();
    this.#schedule(known);
  }

  /** It has a link now, by which it can be asked. */
  linked(name: string): void {
    const subject = this.#subjects.get(name);
    const isIdle = subject?.timer === null && subject.flight === null;
    if (isIdle && !this.#waiting.has(subject)) this.#schedule(subject);
  }

  /** Forgets all of them; checks in flight are ended. */
  clear(): void {
    for (const subject of this.#subjects.values()) this.#drop(subject);
  }

  /**
   * Somebody else may have noticed that the host stood still: what is in flight will not count, rows of
   * failures begin anew, and every module gets an interval to find its feet.
   */
  beginAnew(): void {
    this.#waiting.clear();
    for (const subject of this.#subjects.values()) {
      subject.done = 1;
      if (subject.flight !== null) {
        subject.flight.isVoid = true;
        continue;
      }
      subject.timer?.cancel();
      this.#judge(subject, { kind: 'void' }, null);
      this.#schedule(subject);
    }
  }

  latest(name: string): LatestCheck | null {
    return this.#subjects.get(name)?.latest ?? null;
  }

  #drop(subject: Subject): void {
    this.#subjects.delete(subject.module.name);
    this.#waiting.delete(subject);
    subject.timer?.cancel();
    subject.flight?.deadline.abort();
  }

  #schedule(subject: Subject): void {
    const { system, hasLink } = this.#options;
    const { module } = subject;
    const { check: how, intervalMs } = module.config.health;
    subject.timer = null;
    // It is asked once it says hello; what another check has said of it until now is not known now.
    if (how.kind === 'link' && !hasLink(module) && !expectsLink(module)) {
      this.#judge(subject, { kind: 'unasked' }, null);
      return;
    }
    const delayMs = nextCheckDelay(subject.done, intervalMs, system.random());
    const dueMs = system.monotonicMs() + delayMs;
    const timer = system.after(delayMs, () => {
      this.#stall.look(dueMs);
      // Unless time was lost, and it has got another.
      if (subject.timer !== timer) return;
      subject.timer = null;
      this.#waiting.add(subject);
      this.#fillPlaces();
    });
    subject.timer = timer;
  }

  #fillPlaces(): void {
    for (const subject of this.#waiting) {
      if (this.#inFlight >= parallelMax) return;
      this.#waiting.delete(subject);
      this.#inFlight++;
      void this.#run(subject).then(() => {
        this.#inFlight--;
        if (this.#inFlight === 0) this.#stall.rest();
        this.#fillPlaces();
      });
    }
  }

  /** Never rejects. */
  async #run(subject: Subject): Promise<void> {
    const { system, ways, onFault } = this.#options;
    const { name, config } = subject.module;
    const flight = { deadline: new AbortController(), isVoid: false };
    subject.flight = flight;
    this.#stall.watch();
    const beganMs = system.monotonicMs();
    const timer = system.after(config.health.timeoutMs, () => {
      // An answer that is there already is read first: this process may have been late itself.
      setImmediate(() => flight.deadline.abort());
    });
    try {
      const outcome = await check(subject.module, ways, flight.deadline.signal);
      if (this.#subjects.get(name) !== subject) return;
      if (outcome.kind === 'ill') this.#stall.look();
      this.#conclude(subject, outcome, flight.isVoid, system.monotonicMs() - beganMs);
    } catch (error) {
      onFault(name, error);
    } finally {
      timer.cancel();
      subject.flight = null;
    }
    if (this.#subjects.get(name) === subject) this.#schedule(subject);
  }

  #conclude(subject: Subject, outcome: CheckOutcome, isVoid: boolean, durationMs: number): void {
    const { system, onUnfit } = this.#options;
    const { name, launch, startedMonotonicMs, config } = subject.module;
    const ageMs = system.monotonicMs() - startedMonotonicMs;
    const result = isVoid ? ({ kind: 'void' } as const) : resultOf(outcome, ageMs);
    const why = result.kind === 'ill' && outcome.kind === 'ill' ? outcome.why : null;
    subject.done++;
    const action = this.#judge(subject, result, why);
    const check = config.health.check.kind;
    if (outcome.kind === 'unasked') subject.latest = null;
    else if (!isVoid) {
      const { failures } = subject.history;
      const duration_ms = Math.round(durationMs);
      const said = outcome.said ?? saidNothing;
      const details = { check, message: why, failures, duration_ms, ...said };
      subject.latest = { checked_at: new Date(system.now()).toISOString(), details };
    }
    if (action === 'restart') onUnfit(name, launch, why ?? '');
  }

  #judge(subject: Subject, result: CheckResult, why: string | null): 'none' | 'restart' {
    const { name, launch, config } = subject.module;
    const { failures, startPeriodMs } = config.health;
    const rule = { failures, startPeriodMs, restarts: config.restart.policy !== 'never' };
    const before = subject.history.health;
    const { history, action } = judgeHealth(subject.history, result, rule);
    subject.history = history;
    const { health } = history;
    if (health !== before) this.#options.onNews({ name, launch, before, health, why });
    return action;
  }

  #onStall(lost: LostTime): void {
    this.#options.onStall(lost);
    this.beginAnew();
  }
}

function checkOf({ config }: CheckedModule): CheckedModule['config']['health']['check'] {
  return config.health.check;
}

function resultOf(outcome: CheckOutcome, ageMs: number): CheckResult {
  if (outcome.kind !== 'ill') return { kind: outcome.kind };
  return { kind: 'ill', restartHelps: outcome.restartHelps, ageMs };
}

const saidNothing = { last_activity: null, queue_depth: null, error_count: null, details: null };
