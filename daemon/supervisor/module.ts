/**
 * One module under supervision. Events come in (intent, exits, readiness, timers), `nextStep` says
 * what brings it nearer to what is wanted, and one step at a time is carried out: a launch lasts
 * until the keeper has answered, an end until nothing of the module runs.
 */
import type { ModuleParams } from '../../rpc/shapes.ts';
import { KeeperError } from '../keeper/keeper-error.ts';
import { type ChildReport, type ExitReport, listSurvivors } from '../keeper/protocol.ts';
import type { Timer } from '../system.ts';
import { retryOfFailed, settleExit } from './aftermath.ts';
import type { ModuleContext } from './context.ts';
import { describeExit, importFailure, unseenExit } from './exits.ts';
import { type ModuleFacts, nextParams } from './facts.ts';
import { nextStep } from './intent.ts';
import { LaunchError } from './launch/launcher.ts';
import type { LaunchNote } from './launch/plan.ts';
import { Life } from './life.ts';
import { Readiness } from './readiness.ts';
import type { UnaskedExit } from './restart.ts';

/** After a tree is gone its exit is known at once, or within one look at an adopted process. */
const exitNewsMs = 2000;
/** Share of the stop timeout in which a linked module may finish before it is signalled. */
const shutdownShare = 0.8;

type EndCause = 'intent' | 'start_timeout' | 'reclaim';

export class ManagedModule {
  readonly life: Life;
  readonly #context: ModuleContext;
  #readiness: Readiness | null = null;
  #timer: Timer | null = null;
  /** A step is under way, or `begin` has not come yet. */
  #busy = true;
  #launchAgain = false;
  #closing = false;
  #forceful = false;
  #downReason = 'operator';
  #exitNews: ExitReport | null = null;
  #saidReady: string | null = null;

  constructor(facts: ModuleFacts, autostart: boolean, context: ModuleContext) {
    this.#context = context;
    this.life = new Life(facts, autostart, context);
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
    if (facts.launch?.process && !this.#exitNews) {
      const elapsedMs =
        this.#context.system.monotonicMs() - facts.launch.process.startedMonotonicMs;
      if (outputMayBeLost) this.#carryOut('end it', () => this.#end('reclaim'));
      else if (facts.state === 'starting') this.#awaitReadiness(elapsedMs);
    } else if (facts.nextRestartAtMs !== null) this.#relaunchAt(facts.nextRestartAtMs);
    else if (facts.state === 'failed') {
      this.#relaunchAt(retryOfFailed(this.life, this.#context.system));
    }
    this.#takeUnaskedExit();
    this.#reconcile();
  }

  /** An operator's start: clears what earlier failures left. `again` wants a launch newer than now. */
  wantUp(params: ModuleParams | undefined, again: boolean): void {
    const { facts } = this.life;
    facts.operator = 'up';
    facts.finished = false;
    facts.paramsOverride = params ?? null;
    facts.restartCount = 0;
    facts.lastError = null;
    this.#launchAgain = facts.launch === null || again;
    this.#reconcile();
  }

  wantDown(): void {
    this.life.facts.operator = 'down';
    // The next start has its own params, or the configuration's.
    this.life.facts.paramsOverride = null;
    this.#goDown('operator');
  }

  /** It asked to be stopped until an operator starts it. */
  halt(why: string): void {
    this.life.facts.operator = 'down';
    this.life.facts.lastError = why;
    this.#goDown('halted');
  }

  /** The daemon ends: what runs is stopped, nothing is launched any more, intent stays. */
  close(): void {
    this.#closing = true;
    this.#goDown('shutdown');
  }

  /** The daemon ends and leaves the module alone. */
  detach(): void {
    this.#busy = true;
    this.#timer?.cancel();
    this.#readiness?.cancel();
  }

  /** SIGKILL instead of what is left of the grace. */
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
    this.life.notify();
    this.#takeUnaskedExit();
  }

  /** A new keeper has this of the module, or nothing. */
  onKeeperReplaced(child: ChildReport | null): void {
    const { launch, logSeq } = this.life.facts;
    if (!launch?.process) return;
    const same = child?.launch === launch.id ? child : null;
    if (same && !same.exit) return;
    const uptimeMs = this.#context.system.monotonicMs() - launch.process.startedMonotonicMs;
    const unseen = unseenExit(this.#context.system.now(), uptimeMs, logSeq);
    this.onExit(launch.id, same?.exit ?? unseen);
  }

  #goDown(reason: string): void {
    this.#downReason = reason;
    this.#launchAgain = false;
    this.#reconcile();
  }

  #reconcile(): void {
    const { wanted, facts } = this.life;
    const situation = { launchAgain: this.#launchAgain, busy: this.#busy, closing: this.#closing };
    switch (nextStep({ state: facts.state, wanted, ...situation })) {
      case 'launch':
        this.#carryOut('launch it', () => this.#launch());
        break;
      case 'end':
        this.#carryOut('end it', () => this.#end('intent'));
        break;
      case 'settle':
        this.#rest(this.#downReason);
        break;
      case 'none':
        break;
    }
    this.life.notify();
  }

  #carryOut(doing: string, step: () => Promise<void>): void {
    this.#busy = true;
    step()
      .catch((error: unknown) => this.#context.onFault(this.life.name, doing, error))
      .finally(() => {
        this.#busy = false;
        this.#takeUnaskedExit();
        this.#reconcile();
      });
  }

  async #launch(): Promise<void> {
    const { system, keeper, plan } = this.#context;
    const { facts } = this.life;
    this.#clear();
    const params = nextParams(facts);
    const id = system.randomHex(8);
    const note: LaunchNote = { params, token_sha256: '' };
    this.life.beginLaunch({ id, note, process: null });
    try {
      const spec = plan(facts.config, { launch: id, params, seqFloor: facts.logSeq });
      facts.launch = { id, note: spec.note, process: null };
      const report = await keeper.spawn(spec);
      this.life.setProcess({ id, note: spec.note, process: report });
      this.#awaitReadiness(0);
    } catch (error) {
      this.#launchFailed(error as Error);
    }
  }

  #launchFailed(error: Error): void {
    const { facts, attempt } = this.life;
    attempt.settle({ kind: 'failed', why: error.message, exit: null });
    facts.lastError = error.message;
    this.life.endLaunch(null);
    const errno = error instanceof KeeperError ? error.errno : undefined;
    if (error instanceof LaunchError || errno === 'ENOENT' || errno === 'EACCES') {
      this.life.move('import_failure', error.message);
    } else if (error instanceof KeeperError && error.code === 'survivors') {
      this.life.move('give_up', 'stop_failed');
    } else {
      this.#settle({ cause: 'exit', code: null, signal: null });
    }
  }

  async #end(cause: EndCause): Promise<void> {
    const { keeper, system, askToShutDown } = this.#context;
    const { facts, attempt } = this.life;
    const { stop } = facts.config;
    const launch = facts.launch?.id ?? null;
    this.#readiness?.cancel();
    if (cause === 'intent') attempt.settle({ kind: 'stopped' });
    this.life.move('end', cause === 'intent' ? this.#downReason : cause);
    const startedMs = system.monotonicMs();
    const graceMs = (): number =>
      this.#forceful ? 0 : Math.max(0, stop.timeoutMs - (system.monotonicMs() - startedMs));
    if (!this.#forceful) await askToShutDown(facts.config.name, stop.timeoutMs * shutdownShare);
    const rule = { ...stop, timeoutMs: graceMs() };
    const survivors = await keeper
      .stopTree(facts.config.name, launch, rule)
      .catch((error: unknown) => {
        facts.lastError = `cannot end it: ${(error as Error).message}`;
        return null;
      });
    if (survivors?.length === 0 && launch !== null) {
      await this.life.until(() => this.#exitNews, exitNewsMs);
    }
    const exit = this.#exitNews;
    const launchAgain = this.#launchAgain;
    this.#clear();
    this.life.endLaunch(exit);
    if (survivors?.length !== 0) {
      if (survivors) facts.lastError = `survived SIGKILL: ${listSurvivors(survivors)}`;
      this.life.move('give_up', 'stop_failed');
    } else if (cause === 'start_timeout' && !launchAgain) {
      const why = `not ready within ${facts.config.ready.timeoutMs / 1000} s`;
      facts.lastError = why;
      attempt.settle({ kind: 'failed', why, exit });
      this.#settle({ cause, code: exit?.code ?? null, signal: exit?.signal ?? null });
    } else {
      this.#rest(cause === 'intent' ? this.#downReason : cause);
    }
  }

  /** Nothing runs and nothing is due by itself. */
  #rest(reason: string): void {
    this.#clear();
    this.life.facts.nextRestartAtMs = null;
    this.life.move('gone', reason);
  }

  #takeUnaskedExit(): void {
    const exit = this.#exitNews;
    if (this.#busy || !exit) return;
    const { facts, attempt } = this.life;
    const wasReady = facts.state === 'running';
    this.#clear();
    this.life.endLaunch(exit);
    const missing = wasReady ? null : importFailure(exit);
    facts.lastError = exit.code === 0 ? null : (missing ?? describeExit(exit));
    const finished = exit.code === 0 && facts.config.restart.policy !== 'always';
    attempt.settle(
      finished
        ? { kind: 'finished' }
        : { kind: 'failed', why: facts.lastError ?? describeExit(exit), exit },
    );
    if (missing === null) this.#settle({ cause: 'exit', code: exit.code, signal: exit.signal });
    else this.life.move('import_failure', missing);
    this.#reconcile();
  }

  #settle(exit: Omit<UnaskedExit, 'restartCount'>): void {
    this.#relaunchAt(settleExit(this.life, exit, this.#context.system));
  }

  #relaunchAt(atMs: number | null): void {
    if (atMs === null) return;
    const { system } = this.#context;
    this.#timer = system.after(atMs - system.now(), () => {
      const { facts } = this.life;
      if (facts.state === 'restarting') facts.restartCount++;
      this.#launchAgain = true;
      this.#reconcile();
    });
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
    this.#timer?.cancel();
    this.#readiness?.cancel();
    this.#exitNews = null;
    this.#forceful = false;
    this.#launchAgain = false;
  }
}
