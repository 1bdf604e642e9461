/**
 * One module under supervision. Events come in (intent, exits, readiness, timers), `nextStep` says
 * what brings it nearer to what is wanted, and one step at a time is carried out: a launch lasts
 * until the keeper has answered, an end until nothing of the module runs.
 */
import type { ModuleParams } from '../../rpc/shapes.ts';
import type { ChildReport, ExitReport } from '../keeper/protocol.ts';
import { Aftermath } from './aftermath.ts';
import { awaitDependencies } from './await-dependencies.ts';
import type { Cause } from './causes.ts';
import type { ModuleContext } from './context.ts';
import { afterEnd, type EndCause, type EndOfTree, endTree } from './end-tree.ts';
import { exitBetweenKeepers } from './exits.ts';
import { type ModuleFacts, nextParams } from './facts.ts';
import { nextStep } from './intent.ts';
import { judgeLaunchError } from './launch-failure.ts';
import type { LaunchNote } from './launch/plan.ts';
import { Life } from './life.ts';
import type { Neighbourhood } from './neighbourhood.ts';
import { type Readiness, readinessOf } from './readiness.ts';

/** After a tree is gone its exit is known at once, or within one look at an adopted process. */
const exitNewsMs = 2000;

export class ManagedModule {
  readonly life: Life;
  readonly #context: ModuleContext;
  readonly #aftermath: Aftermath;
  #readiness: Readiness | null = null;
  /** A step is under way, or `begin` has not come yet. */
  #busy = true;
  #unendable = false;
  #closing = false;
  #detached = false;
  #forceful = false;
  #exitNews: ExitReport | null = null;
  #saidReady: string | null = null;

  constructor(
    facts: ModuleFacts,
    autostart: boolean,
    context: ModuleContext,
    neighbourhood: Neighbourhood,
  ) {
    this.#context = context;
    this.life = new Life(facts, autostart, context, neighbourhood);
    neighbourhood.join(this.life.name, this.life, () => this.#proceed());
    this.#aftermath = new Aftermath(this.life, context.system, () => this.#goUp());
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
    this.#busy = false;
    if (this.life.launched && !this.#exitNews) {
      if (outputMayBeLost) this.#carryOut('end it', () => this.#end('reclaimed'));
      else if (facts.state === 'starting') this.#awaitReadiness(this.life.uptimeMs);
    } else if (!facts.launch) this.#aftermath.resume();
    this.#proceed();
  }

  /** An operator's start, or restart of what runs: clears what earlier failures left. */
  wantUp(cause: Cause, params: ModuleParams | null): void {
    this.life.ask({ kind: 'up', params }, cause);
    this.#goUp();
  }

  wantDown(cause: Cause): void {
    this.life.ask({ kind: 'down' }, cause);
    this.#goDown();
  }

  /** It asked to be stopped until an operator starts it. */
  halt(why: string): void {
    this.life.ask({ kind: 'halt', why }, { by: 'module', method: 'link.halt' });
    this.#goDown();
  }

  /** Other settings; a retry that is due later goes by them. The caller lets all modules look. */
  configure(config: ModuleFacts['config']): void {
    this.life.configure(config);
    if (this.life.state === 'failed') this.#aftermath.resume();
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

  #goUp(): void {
    this.life.launchAgain = true;
    this.#proceed();
  }

  #goDown(): void {
    this.life.launchAgain = false;
    this.#unendable = false;
    this.#proceed();
  }

  #proceed(): void {
    if (this.#detached) return;
    const exit = this.#exitNews;
    if (exit && !this.#busy) this.#takeExit(exit);
    const { state, wanted, launchAgain, hold, neighbourhood, name } = this.life;
    const step = nextStep({
      state,
      wanted,
      launchAgain,
      held: hold !== null,
      leanedOn: neighbourhood.runningDependants(name).length > 0,
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
    this.life.launchAgain = false;
    const params = nextParams(facts);
    const id = system.randomHex(8);
    const note: LaunchNote = { params, token_sha256: '' };
    this.life.beginLaunch({ id, note, process: null });
    // Before anything runs, so that the next daemon adopts it with its restart count and params.
    await this.life.stored();
    const isCancelled = (): boolean => this.life.wanted === 'down' || this.#closing;
    const wait = await awaitDependencies(this.life, this.life.neighbourhood, isCancelled);
    if (wait !== 'met') {
      this.#aftermath.notYet(wait === 'cancelled' ? this.life.endReason(this.#closing) : wait);
      return;
    }
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
    this.#unendable = failure === 'stop_failed';
    if (failure === 'in_doubt' || failure === 'keeper_lost') {
      const end = await this.#endTree(launch);
      if (end.kind === 'alive') this.#context.onFault(config.name, 'end it', new Error(end.why));
    }
    const exit = this.#exitNews;
    this.#clear();
    if (failure === 'import_failure') this.#aftermath.importFailed(error.message);
    else if (failure === 'stop_failed') this.#aftermath.stopFailed(error.message, exit);
    else if (this.life.isEndExpected(this.#closing))
      this.#aftermath.rested(exit, this.life.endReason(this.#closing));
    else if (!exit && (failure === 'no_keeper' || failure === 'keeper_lost'))
      this.#aftermath.noKeeper(error.message);
    else this.#aftermath.notLaunched(error.message, exit);
  }

  async #end(cause: EndCause): Promise<void> {
    const { facts, attempt } = this.life;
    const launch = facts.launch?.id ?? null;
    this.#aftermath.cancel();
    this.#readiness?.cancel();
    facts.nextRestartAtMs = null;
    if (cause === 'intent') attempt.settle({ kind: 'stopped' });
    this.life.move('end', cause === 'intent' ? this.life.endReason(this.#closing) : cause);
    const end = await this.#endTree(launch);
    if (end.kind === 'gone' && launch !== null) await this.#exited(exitNewsMs);
    const exit = this.#exitNews;
    this.#clear();
    this.#unendable = end.kind === 'alive';
    switch (afterEnd(end, { cause, expected: this.life.isEndExpected(this.#closing) })) {
      case 'stop_failed':
        this.#aftermath.stopFailed(end.kind === 'alive' ? end.why : '', exit);
        break;
      case 'start_failed':
        this.#aftermath.tooSlow(exit);
        break;
      case 'rest':
        this.#aftermath.rested(
          exit,
          this.life.endReason(this.#closing) ?? (cause === 'intent' ? null : cause),
        );
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

  #takeExit(exit: ExitReport): void {
    this.#clear();
    if (this.life.isEndExpected(this.#closing))
      this.#aftermath.rested(exit, this.life.endReason(this.#closing));
    else this.#aftermath.exited(exit);
  }

  #awaitReadiness(elapsedMs: number): void {
    const { facts } = this.life;
    this.#readiness = readinessOf(this.life, this.#context, elapsedMs, {
      onReady: () => this.#becomeReady(),
      onTimeout: () => this.#carryOut('end it', () => this.#end('start_timeout')),
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
