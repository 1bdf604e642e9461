/**
 * The two steps by which a module comes nearer to what is wanted, one at a time: a launch lasts until
 * the keeper has answered, an end until nothing of the module runs.
 */
import type { ChildReport, ExitReport } from '../keeper/protocol.ts';
import type { Aftermath } from './aftermath.ts';
import { awaitDependencies } from './await-dependencies.ts';
import type { ModuleContext } from './context.ts';
import { afterEnd, type EndCause, type EndOfTree, endTree, isUnfit } from './end-tree.ts';
import { nextParams } from './facts.ts';
import { judgeLaunchError } from './launch-failure.ts';
import type { LaunchNote } from './launch/plan.ts';
import type { Life } from './life.ts';
import { type Readiness, readinessOf } from './readiness.ts';

/** After a tree is gone its exit is known at once, or within one look at an adopted process. */
const exitNewsMs = 2000;

export interface LaunchStepsOptions {
  readonly life: Life;
  readonly aftermath: Aftermath;
  readonly context: ModuleContext;
  /** The daemon ends: nothing is launched any more. */
  readonly isClosing: () => boolean;
  /** The daemon leaves: what the keeper did not do for it any more is the next one's. */
  readonly isDetached: () => boolean;
  /** The launch did not become ready in time: its end is due. */
  readonly onTooSlow: () => void;
}

export class LaunchSteps {
  /** A process of it survived SIGKILL: to try again changes nothing. */
  unendable = false;
  readonly #options: LaunchStepsOptions;
  #readiness: Readiness | null = null;
  #forceful = false;
  #exitNews: ExitReport | null = null;
  #saidReady: string | null = null;

  constructor(options: LaunchStepsOptions) {
    this.#options = options;
  }

  /** How the present launch ended, until what follows from it is done. */
  get exitNews(): ExitReport | null {
    return this.#exitNews;
  }

  noteExit(exit: ExitReport): void {
    this.#exitNews = exit;
  }

  /** Takes over what the keeper has. */
  adopt(child: ChildReport): void {
    const { life } = this.#options;
    const { facts } = life;
    facts.state = 'stopped';
    facts.nextRestartAtMs = null;
    facts.launch = { id: child.launch, note: child.note as LaunchNote, process: child };
    life.move('adopt');
    if (facts.readyLaunch === child.launch) this.#becomeReady();
    if (child.exit) this.#exitNews = child.exit;
    else life.setProcess(facts.launch);
  }

  async launch(): Promise<void> {
    const { life, aftermath, context, isClosing } = this.#options;
    const { system, keeper, plan } = context;
    const { facts } = life;
    this.#clear();
    life.launchAgain = false;
    const params = nextParams(facts);
    const id = system.randomHex(8);
    life.beginLaunch({ id, note: { params, token_sha256: '' }, process: null });
    // Before anything runs, so that the next daemon adopts it with its restart count and params.
    await life.stored();
    const isCancelled = (): boolean => life.wanted === 'down' || isClosing();
    const wait = await awaitDependencies(life, life.neighbourhood, isCancelled);
    if (wait !== 'met') {
      aftermath.notYet(wait === 'cancelled' ? life.endReason(isClosing()) : wait);
      return;
    }
    try {
      const spec = await plan(facts.config, { launch: id, params, seqFloor: facts.logSeq });
      facts.launch = { id, note: spec.note, process: null };
      const report = await keeper.spawn(spec);
      // A keeper that died after the launch: the next one may have seen the end already.
      this.#exitNews ??= report.exit;
      life.setProcess({ id, note: spec.note, process: report });
      this.awaitReadiness(0);
    } catch (error) {
      if (!this.#options.isDetached()) await this.#launchFailed(id, error as Error);
    }
  }

  /** @param why told to people when the cause is that it was unfit */
  async end(cause: EndCause, why = ''): Promise<void> {
    const { life, aftermath, isClosing } = this.#options;
    const { facts, attempt } = life;
    const launch = facts.launch?.id ?? null;
    aftermath.cancel();
    this.#readiness?.cancel();
    facts.nextRestartAtMs = null;
    if (cause === 'intent') attempt.settle({ kind: 'stopped' });
    if (isUnfit(cause)) facts.restartCount = life.restartCountNow();
    life.move('end', cause === 'intent' ? life.endReason(isClosing()) : cause);
    const end = await this.#endTree(launch);
    if (end.kind === 'alive' && this.#options.isDetached()) return;
    if (end.kind === 'gone' && launch !== null) await this.#exited(exitNewsMs);
    const exit = this.#exitNews;
    this.#clear();
    this.unendable = end.kind === 'alive';
    switch (afterEnd(end, { cause, expected: life.isEndExpected(isClosing()) })) {
      case 'stop_failed':
        aftermath.stopFailed(end.kind === 'alive' ? end.why : '', exit);
        break;
      case 'start_failed':
        aftermath.tooSlow(exit);
        break;
      case 'unfit':
        aftermath.unfit(why, exit);
        break;
      case 'rest':
        aftermath.rested(exit, life.endReason(isClosing()) ?? (cause === 'intent' ? null : cause));
    }
  }

  /** It ended by itself. */
  takeExit(exit: ExitReport): void {
    const { life, aftermath, isClosing } = this.#options;
    this.#clear();
    if (life.isEndExpected(isClosing())) aftermath.rested(exit, life.endReason(isClosing()));
    else aftermath.exited(exit);
  }

  /** SIGKILL instead of what is left of the grace, also of an end that has not begun. */
  endNow(): void {
    this.#forceful = true;
    const { life, context } = this.#options;
    const { state, config, launch } = life.facts;
    if (state !== 'stopping') return;
    context.keeper
      .stopTree(config.name, launch?.id ?? null, { ...config.stop, timeoutMs: 0 })
      .catch((error: unknown) => context.onFault(config.name, 'kill its processes', error));
  }

  /** @param elapsedMs since the launch, for one that is adopted half-way */
  awaitReadiness(elapsedMs: number): void {
    const { life, context, onTooSlow } = this.#options;
    this.#readiness = readinessOf(life, context, elapsedMs, {
      onReady: () => this.#becomeReady(),
      onTimeout: onTooSlow,
    });
    // Its word may have come before the keeper's answer.
    if (this.#saidReady === life.facts.launch?.id) this.#readiness.linkSaysReady();
  }

  linkSaysReady(launch: string): void {
    this.#saidReady = launch;
    if (launch === this.#options.life.facts.launch?.id) this.#readiness?.linkSaysReady();
  }

  cancelReadiness(): void {
    this.#readiness?.cancel();
  }

  async #launchFailed(launch: string, error: Error): Promise<void> {
    const { life, aftermath, context, isClosing } = this.#options;
    const failure = judgeLaunchError(error);
    this.unendable = failure === 'stop_failed';
    if (failure === 'in_doubt' || failure === 'keeper_lost') {
      const end = await this.#endTree(launch);
      if (end.kind === 'alive') context.onFault(life.name, 'end it', new Error(end.why));
    }
    const exit = this.#exitNews;
    this.#clear();
    if (failure === 'import_failure') aftermath.importFailed(error.message);
    else if (failure === 'stop_failed') aftermath.stopFailed(error.message, exit);
    else if (life.isEndExpected(isClosing())) aftermath.rested(exit, life.endReason(isClosing()));
    else if (!exit && (failure === 'no_keeper' || failure === 'keeper_lost'))
      aftermath.noKeeper(error.message);
    else aftermath.notLaunched(error.message, exit);
  }

  #endTree(launch: string | null): Promise<EndOfTree> {
    const { life, context } = this.#options;
    const isForceful = (): boolean => this.#forceful;
    return endTree(context, life.facts.config, launch, isForceful, (ms) => this.#exited(ms));
  }

  #exited(withinMs: number): Promise<ExitReport | null> {
    return this.#options.life.until(() => this.#exitNews, withinMs);
  }

  #becomeReady(): void {
    const { facts, attempt } = this.#options.life;
    facts.readyLaunch = facts.launch?.id ?? null;
    attempt.settle({ kind: 'ready' });
    this.#options.life.move('ready');
  }

  #clear(): void {
    this.#options.aftermath.cancel();
    this.#readiness?.cancel();
    this.#exitNews = null;
    this.#forceful = false;
  }
}
