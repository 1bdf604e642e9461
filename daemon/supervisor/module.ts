/**
 * One module under supervision. Events come in (intent, exits, readiness, timers), `nextStep` says
 * what brings it nearer to what is wanted, and one step at a time is carried out: a launch lasts
 * until the keeper has answered, an end until nothing of the module runs.
 */
import type { ModuleParams } from '../../rpc/shapes.ts';
import type { ChildReport, ExitReport } from '../keeper/protocol.ts';
import { Aftermath } from './aftermath.ts';
import type { ModuleContext } from './context.ts';
import { afterEnd, type EndCause, type EndOfTree, endTree } from './end-tree.ts';
import { exitBetweenKeepers } from './exits.ts';
import { effectiveParams, type ModuleFacts, nextParams } from './facts.ts';
import { nextStep, whyDown } from './intent.ts';
import { judgeLaunchError } from './launch-failure.ts';
import type { LaunchNote } from './launch/plan.ts';
import { Life } from './life.ts';
import { Readiness } from './readiness.ts';

/** After a tree is gone its exit is known at once, or within one look at an adopted process. */
const exitNewsMs = 2000;

export class ManagedModule {
  readonly life: Life;
  readonly #context: ModuleContext;
  readonly #aftermath: Aftermath;
  #readiness: Readiness | null = null;
  /** A step is under way, or `begin` has not come yet. */
  #busy = true;
  /** From the moment somebody asks for a new launch until it begins or is no longer wanted. */
  #launchAgain = false;
  #unendable = false;
  #closing = false;
  #detached = false;
  #forceful = false;
  #exitNews: ExitReport | null = null;
  #saidReady: string | null = null;

  constructor(facts: ModuleFacts, autostart: boolean, context: ModuleContext) {
    this.#context = context;
    this.life = new Life(facts, autostart, context);
    this.#aftermath = new Aftermath(this.life, context.system, () => {
      this.#launchAgain = true;
      this.#proceed();
    });
  }

  /** The launch that is or will be up without anybody's asking for another; null if there is none. */
  get expectedLaunch(): { attempt: number; params: ModuleParams } | null {
    const { facts, attempt, wanted } = this.life;
    if (wanted === 'down') return null;
    if (this.#launchAgain) return { attempt: attempt.number + 1, params: nextParams(facts) };
    const isUp = facts.state === 'starting' || facts.state === 'running';
    return isUp ? { attempt: attempt.number, params: effectiveParams(facts) } : null;
  }

  /** Takes over what the keeper has; nothing follows from it before `begin`. */
  adopt(child: ChildReport): void {
    const { facts } = this.life;
    facts.state = 'stopped';
    facts.nextRestartAtMs = null;
    facts.launch = { id: child.launch, note: child.note as LaunchNote, process: child };
    this.life.move('adopt');
    if (facts.readyLaunch === child.launch) this.#becomeReady();
    if (child.exit) this.#exitNews = child.exit;
    else this.life.setProcess(facts.launch);
  }

  /**
   * Does what is due, from now on.
   * @param outputMayBeLost nobody read its output for a while: it is ended and started once
   */
  begin(outputMayBeLost: boolean): void {
    const { facts } = this.life;
    const { system } = this.#context;
    this.#busy = false;
    if (facts.launch?.process && !this.#exitNews) {
      const elapsedMs = system.monotonicMs() - facts.launch.process.startedMonotonicMs;
      if (outputMayBeLost) this.#carryOut('end it', () => this.#end('reclaimed'));
      else if (facts.state === 'starting') this.#awaitReadiness(elapsedMs);
    } else if (!facts.launch) this.#aftermath.resume();
    this.#proceed();
  }

  /** An operator's start, or restart of what runs: clears what earlier failures left. */
  wantUp(params: ModuleParams | undefined): void {
    const { facts } = this.life;
    facts.operator = 'up';
    facts.halted = false;
    facts.finished = false;
    facts.paramsOverride = params ?? null;
    facts.restartCount = 0;
    facts.lastError = null;
    this.#launchAgain = true;
    this.#proceed();
  }

  wantDown(): void {
    this.life.facts.operator = 'down';
    // The next start has its own params, or the configuration's.
    this.life.facts.paramsOverride = null;
    this.#goDown();
  }

  /** It asked to be stopped until an operator starts it. */
  halt(why: string): void {
    const { facts } = this.life;
    facts.operator = 'down';
    facts.halted = true;
    facts.lastError = why;
    this.#goDown();
  }

  /** The daemon ends: what runs is stopped, nothing is launched any more, intent stays. */
  close(): void {
    this.#closing = true;
    this.#goDown();
  }

  /** The daemon ends and leaves the module alone. */
  detach(): void {
    this.#detached = true;
    this.#aftermath.cancel();
    this.#readiness?.cancel();
  }

  /** SIGKILL instead of what is left of the grace; before `wantDown`, so that there is none. */
  endNow(): void {
    this.#forceful = true;
    const { state, config, launch } = this.life.facts;
    if (state !== 'stopping') return;
    this.#context.keeper
      .stopTree(config.name, launch?.id ?? null, { ...config.stop, timeoutMs: 0 })
      .catch((error: unknown) => this.#context.onFault(config.name, 'kill its processes', error));
  }

  linkSaysReady(launch: string): void {
    this.#saidReady = launch;
    if (launch === this.life.facts.launch?.id) this.#readiness?.linkSaysReady();
  }

  onExit(launch: string, exit: ExitReport): void {
    if (launch !== this.life.facts.launch?.id) return;
    this.#exitNews = exit;
    this.#proceed();
  }

  /** A new keeper has this of the module, or nothing. */
  onKeeperReplaced(child: ChildReport | null): void {
    const exit = exitBetweenKeepers(this.life.facts, child, this.#context);
    if (exit) this.onExit(this.life.facts.launch?.id ?? '', exit);
  }

  #goDown(): void {
    this.#launchAgain = false;
    this.#unendable = false;
    this.#proceed();
  }

  /** What runs is to end, or to make way for a new launch. */
  get #endExpected(): boolean {
    return this.life.wanted === 'down' || this.#closing || this.#launchAgain;
  }

  get #endReason(): string | null {
    return this.#launchAgain ? 'restart' : whyDown(this.life.claims, this.#closing);
  }

  #proceed(): void {
    if (this.#detached) return;
    const exit = this.#exitNews;
    if (exit && !this.#busy) this.#takeExit(exit);
    const step = nextStep({
      state: this.life.facts.state,
      wanted: this.life.wanted,
      launchAgain: this.#launchAgain,
      unendable: this.#unendable,
      busy: this.#busy,
      closing: this.#closing,
    });
    if (step === 'launch') this.#carryOut('launch it', () => this.#launch());
    else if (step === 'end') this.#carryOut('end it', () => this.#end('intent'));
    this.life.notify();
  }

  #carryOut(doing: string, step: () => Promise<void>): void {
    this.#busy = true;
    step()
      .catch((error: unknown) => this.#context.onFault(this.life.name, doing, error))
      .finally(() => {
        this.#busy = false;
        this.#proceed();
      });
  }

  async #launch(): Promise<void> {
    const { system, keeper, plan } = this.#context;
    const { facts } = this.life;
    this.#clear();
    this.#launchAgain = false;
    const params = nextParams(facts);
    const id = system.randomHex(8);
    const note: LaunchNote = { params, token_sha256: '' };
    this.life.beginLaunch({ id, note, process: null });
    // Before anything runs, so that the next daemon adopts it with its restart count and params.
    await this.life.stored();
    try {
      const spec = await plan(facts.config, { launch: id, params, seqFloor: facts.logSeq });
      facts.launch = { id, note: spec.note, process: null };
      const report = await keeper.spawn(spec);
      // A keeper that died after the launch: the next one may have seen the end already.
      this.#exitNews ??= report.exit;
      this.life.setProcess({ id, note: spec.note, process: report });
      this.#awaitReadiness(0);
    } catch (error) {
      await this.#launchFailed(id, error as Error);
    }
  }

  async #launchFailed(launch: string, error: Error): Promise<void> {
    const { config } = this.life.facts;
    const failure = judgeLaunchError(error);
    if (failure === 'in_doubt') {
      const end = await this.#endTree(launch);
      if (end.kind === 'alive') this.#context.onFault(config.name, 'end it', new Error(end.why));
    }
    const exit = this.#exitNews;
    this.#clear();
    if (failure === 'import_failure') this.#aftermath.importFailed(error.message);
    else if (failure === 'stop_failed') this.#stopFailed(error.message, exit);
    else if (this.#endExpected) this.#aftermath.rested(exit, this.#endReason);
    else this.#aftermath.notLaunched(error.message, exit);
  }

  async #end(cause: EndCause): Promise<void> {
    const { facts, attempt } = this.life;
    const launch = facts.launch?.id ?? null;
    this.#aftermath.cancel();
    this.#readiness?.cancel();
    facts.nextRestartAtMs = null;
    if (cause === 'intent') attempt.settle({ kind: 'stopped' });
    this.life.move('end', cause === 'intent' ? this.#endReason : cause);
    const end = await this.#endTree(launch);
    if (end.kind === 'gone' && launch !== null) await this.#exited(exitNewsMs);
    const exit = this.#exitNews;
    this.#clear();
    switch (afterEnd(end, { cause, expected: this.#endExpected })) {
      case 'stop_failed':
        this.#stopFailed(end.kind === 'alive' ? end.why : '', exit);
        break;
      case 'start_failed':
        this.#aftermath.tooSlow(exit);
        break;
      case 'rest':
        this.#aftermath.rested(exit, this.#endReason ?? (cause === 'intent' ? null : cause));
    }
  }

  #endTree(launch: string | null): Promise<EndOfTree> {
    const { config } = this.life.facts;
    const isForceful = (): boolean => this.#forceful;
    return endTree(this.#context, config, launch, isForceful, (ms) => this.#exited(ms));
  }

  #exited(withinMs: number): Promise<ExitReport | null> {
    return this.life.until(() => this.#exitNews, withinMs);
  }

  #stopFailed(why: string, exit: ExitReport | null): void {
    this.#unendable = true;
    this.#aftermath.stopFailed(why, exit);
  }

  #takeExit(exit: ExitReport): void {
    this.#clear();
    if (this.#endExpected) this.#aftermath.rested(exit, this.#endReason);
    else this.#aftermath.exited(exit);
  }

  #awaitReadiness(elapsedMs: number): void {
    const { facts } = this.life;
    this.#readiness = new Readiness(this.#context.system, facts.config.ready, elapsedMs, {
      ready: () => this.#becomeReady(),
      timeout: () => this.#carryOut('end it', () => this.#end('start_timeout')),
    });
    // Its word may have come before the keeper's answer.
    if (this.#saidReady === facts.launch?.id) this.#readiness.linkSaysReady();
  }

  #becomeReady(): void {
    const { facts, attempt } = this.life;
    facts.readyLaunch = facts.launch?.id ?? null;
    attempt.settle({ kind: 'ready' });
    this.life.move('ready');
  }

  #clear(): void {
    this.#aftermath.cancel();
    this.#readiness?.cancel();
    this.#exitNews = null;
    this.#forceful = false;
  }
}
