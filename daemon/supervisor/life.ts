/**
 * What is true of one module, changed only in ways that are in the table of states, stored and told
 * to the world at each change. It decides nothing.
 */
import type { ModuleHealth, ModuleState, ModuleStatus, Wanted } from '../../rpc/shapes.ts';
import type { ExitReport } from '../keeper/protocol.ts';
import { Attempt } from './attempt.ts';
import { type Cause, Causes } from './causes.ts';
import type { ModuleContext, Occurrence } from './context.ts';
import { type Launch, type ModuleFacts, toLastExit, toStatus } from './facts.ts';
import { type Claims, claimOf, whyDown } from './intent.ts';
import type { Hold, Neighbour } from './dependencies.ts';
import type { Neighbourhood } from './neighbourhood.ts';
import { countAfterRun } from './restart.ts';
import { type LifeEvent, nextState } from './states.ts';
import { until } from './until.ts';
import { type Wish, writeDown } from './wishes.ts';

export class Life implements Neighbour {
  readonly facts: ModuleFacts;
  autostart: boolean;
  /** What its hours say at present; null for a module without any. */
  window: Wanted | null = null;
  /** From the moment somebody asks for a new launch until it begins or is no longer wanted. */
  launchAgain = false;
  /** Who is behind what happens to it. */
  readonly causes = new Causes();
  /** The dependency that had failed and whose return is why it was launched last; else null. */
  returnsTo: string | null = null;
  readonly neighbourhood: Neighbourhood;
  readonly #context: ModuleContext;
  readonly #watchers = new Set<() => void>();
  #attempt = new Attempt(0);
  #linkRefusal: string | null = null;
  #missedBefore: readonly string[] = [];

  constructor(
    facts: ModuleFacts,
    autostart: boolean,
    context: ModuleContext,
    neighbourhood: Neighbourhood,
  ) {
    this.facts = facts;
    this.autostart = autostart;
    this.#context = context;
    this.neighbourhood = neighbourhood;
  }

  get name(): string {
    return this.facts.config.name;
  }

  get claims(): Claims {
    const { operator, halted, untilSchedule, finished, config } = this.facts;
    const { window, autostart } = this;
    const { enabled } = config;
    return { operator, halted, untilSchedule, finished, enabled, window, autostart };
  }

  get claim(): Wanted | null {
    return claimOf(this.claims);
  }

  /** What is said of it, else whether a wanted module needs it. */
  get wanted(): Wanted {
    return this.claim ?? (this.neededBy === null ? 'down' : 'up');
  }

  /** The dependency that keeps it down now; null when none does. */
  get hold(): Hold | null {
    return this.neighbourhood.hold(this.name);
  }

  /** Whether what runs is to end, or to make way for a new launch. */
  isEndExpected(closing: boolean): boolean {
    return this.wanted === 'down' || closing || this.launchAgain || this.hold !== null;
  }

  /** Why it ends; null when nobody wants it any more. */
  endReason(closing: boolean): string | null {
    if (this.launchAgain && this.launched) return 'restart';
    return whyDown(this.claims, closing) ?? this.hold?.reason ?? null;
  }

  get dependsOn(): ModuleFacts['config']['dependsOn'] {
    return this.facts.config.dependsOn;
  }

  get wants(): readonly string[] {
    return this.facts.config.wants;
  }

  get state(): ModuleState {
    return this.facts.state;
  }

  get health(): ModuleHealth {
    return this.facts.health;
  }

  get finished(): boolean {
    return this.facts.finished;
  }

  /** The wanted module for whose sake it is wanted; null when there is none. */
  get neededBy(): string | null {
    return this.neighbourhood.neededBy(this.name);
  }

  get launched(): boolean {
    return this.facts.launch !== null && this.facts.launch.process !== null;
  }

  /** The launch that callers of `start` wait for. */
  get attempt(): Attempt {
    return this.#attempt;
  }

  /** What it would use and has to do without while it runs. */
  get missedWants(): string[] {
    return this.state === 'running' ? this.neighbourhood.missedWants(this.name) : [];
  }

  status(): ModuleStatus {
    const status = toStatus(this.facts, {
      wanted: this.wanted,
      isIncomplete: this.missedWants.length > 0,
      restartCount: this.restartCountNow(),
      monotonicMs: this.#context.system.monotonicMs(),
    });
    if (status.state !== 'stopped') return status;
    // Why it stopped once is no longer why it stays so.
    if (status.wanted === 'up') return { ...status, reason: this.hold?.reason ?? status.reason };
    return whyDown(this.claims, false) === 'schedule' ? { ...status, reason: 'schedule' } : status;
  }

  /** Restarts that still count: a run as long as `reset_after` forgives the earlier ones. */
  restartCountNow(): number {
    const { restartCount, state, config } = this.facts;
    if (state !== 'running' || !this.launched) return restartCount;
    return countAfterRun(restartCount, this.uptimeMs, config.restart.resetAfterMs);
  }

  /** Since the present launch began; 0 without one. */
  get uptimeMs(): number {
    const nowMs = this.#context.system.monotonicMs();
    return nowMs - (this.facts.launch?.process?.startedMonotonicMs ?? nowMs);
  }

  /** The same module with other settings. Whoever calls it lets all modules look afterwards. */
  configure(config: ModuleFacts['config']): void {
    const { facts } = this;
    facts.config = config;
    if (facts.state === 'stopped' && (!config.enabled || facts.reason === 'disabled'))
      facts.reason = whyDown(this.claims, false);
  }

  /** Changes the state by an event of the table. Throws when the table has no such event. */
  move(event: LifeEvent, reason: string | null = null): void {
    const from = this.facts.state;
    const to = nextState(from, event);
    if (to === null) {
      throw new Error(
        `internal error: "${event}" cannot happen to "${this.name}", which is ${from}`,
      );
    }
    this.facts.state = to;
    this.facts.reason = reason;
    const { name, facts } = this;
    const { maxRestarts } = facts.config.restart;
    const cause = this.causes.of(event, reason, this);
    const status = this.status();
    this.#context.onTransition({ module: name, event, from, to, cause, status, maxRestarts });
    this.store();
    this.notify();
  }

  /** What somebody asks of it; whoever calls this does what follows from it. */
  ask(wish: Wish, cause: Cause): void {
    writeDown(wish, this.facts);
    this.causes.asked = cause;
    // Also when nothing follows from it now, as while a dependency is down.
    this.store();
    this.tell({ kind: 'asked', wish, cause });
  }

  tell(occurrence: Occurrence): void {
    this.#context.onOccurrence(this.name, occurrence);
  }

  beginLaunch(launch: Launch): void {
    const isReturn = this.facts.reason === 'dependency_failed';
    const { asked } = this.causes;
    this.returnsTo = isReturn && asked?.by === 'dependency' ? asked.module : null;
    this.#attempt = new Attempt(this.#attempt.number + 1);
    this.facts.launch = launch;
    this.facts.nextRestartAtMs = null;
    this.#linkRefusal = null;
    this.move('launch');
  }

  /** Without its link it may never get ready, and then this is why. */
  linkWasRefused(launch: string, why: string): void {
    if (launch === this.facts.launch?.id) this.#linkRefusal = why;
  }

  /** Why the present launch has no link; null when it was not refused. */
  get linkRefusal(): string | null {
    return this.#linkRefusal;
  }

  /** The keeper says which process the launch is. */
  setProcess(launch: Launch): void {
    this.facts.launch = launch;
    this.#showPid(launch.process?.identity.pid ?? null);
    this.store();
    this.notify();
  }

  /** What a look at the launch has found. */
  setHealth(health: ModuleHealth): void {
    if (this.facts.health === health) return;
    this.facts.health = health;
    this.notify();
  }

  /** Tells what it begins to do without while it runs, and that it has it again. */
  lookAtWants(): void {
    const missed = this.missedWants;
    const isNews = missed.join() !== this.#missedBefore.join();
    this.#missedBefore = missed;
    if (!isNews || this.state !== 'running') return;
    this.tell({ kind: 'wants', missed, status: this.status() });
  }

  /** Nothing of the launch runs any more. The keeper forgets the exit once it is stored here. */
  endLaunch(exit: ExitReport | null): void {
    const { launch, state, restartCount, config } = this.facts;
    this.facts.launch = null;
    this.facts.health = 'unknown';
    this.#showPid(null);
    if (!exit || !launch) return;
    if (state === 'running') {
      const { resetAfterMs } = config.restart;
      this.facts.restartCount = countAfterRun(restartCount, exit.uptimeMs, resetAfterMs);
    }
    this.facts.endedLaunch = launch.id;
    this.facts.lastExit = toLastExit(exit);
    this.facts.logSeq = exit.seq;
    this.tell({ kind: 'exit', exit, asked: state === 'stopping' });
    this.#context
      .save('soon')
      .then(() => this.#context.keeper.forget(this.name, launch.id))
      .catch((error: unknown) => this.#context.onFault(this.name, 'store its exit', error));
  }

  /** Stores the memory soon: what follows at once, such as a restart without delay, is stored with it. */
  store(): void {
    void this.stored('soon');
  }

  /** Resolves when the memory is on the disk, or when that failed and was reported. */
  stored(when: 'now' | 'soon' = 'now'): Promise<void> {
    return this.#context
      .save(when)
      .catch((error: unknown) => this.#context.onFault(this.name, 'store its state', error));
  }

  /** Calls back after every change until the returned function is called. */
  watch(callback: () => void): () => void {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  /** As {@link until}, of this module's changes. */
  until<T>(check: () => T | null, timeoutMs: number, signal?: AbortSignal): Promise<T | null> {
    const { system } = this.#context;
    return until({ system, watch: (callback) => this.watch(callback) }, check, timeoutMs, signal);
  }

  notify(): void {
    this.neighbourhood.changed(this.name);
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** The file is for people and scripts: a full disk must not decide over the module. */
  #showPid(pid: number | null): void {
    try {
      this.#context.showPid(this.name, pid);
    } catch (error) {
      this.#context.onFault(this.name, 'write its pid file', error);
    }
  }
}
