/**
 * One module under supervision. Events come in (intent, exits, readiness, timers), `nextStep` says
 * what brings it nearer to what is wanted, and one step at a time is carried out.
 */
import type { ModuleParams } from '../../rpc/shapes.ts';
import type { ChildReport, ExitReport } from '../keeper/protocol.ts';
import { Aftermath, mayMend } from './aftermath.ts';
import type { Cause } from './causes.ts';
import type { ModuleContext } from './context.ts';
import type { Unfitness } from './end-tree.ts';
import { exitBetweenKeepers } from './exits.ts';
import type { ModuleFacts } from './facts.ts';
import { nextStep } from './intent.ts';
import { LaunchSteps } from './launch-steps.ts';
import { Life } from './life.ts';
import type { Neighbourhood } from './neighbourhood.ts';

export class ManagedModule {
  readonly life: Life;
  readonly #context: ModuleContext;
  readonly #aftermath: Aftermath;
  readonly #steps: LaunchSteps;
  /** A step is under way, or `begin` has not come yet. */
  #busy = true;
  #closing = false;
  #detached = false;

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
    this.#steps = new LaunchSteps({
      life: this.life,
      aftermath: this.#aftermath,
      context,
      isClosing: () => this.#closing,
      isDetached: () => this.#detached,
      onTooSlow: () => this.#carryOut('end it', () => this.#steps.end('start_timeout')),
    });
  }

  /** Whether the end of this launch is known, and what follows from it was done. */
  hasEnded(launch: string): boolean {
    return this.life.facts.endedLaunch === launch;
  }

  /** Takes over what the keeper has; nothing follows from it before `begin`. */
  adopt(child: ChildReport): void {
    this.#steps.adopt(child);
  }

  /**
   * Does what is due, from now on.
   * @param outputMayBeLost nobody read its output for a while: it is ended and started once
   */
  begin(outputMayBeLost: boolean): void {
    this.#busy = false;
    if (this.life.launched && !this.#steps.exitNews) {
      if (outputMayBeLost) this.#carryOut('end it', () => this.#steps.end('reclaimed'));
      else if (this.life.state === 'starting') this.#steps.awaitReadiness(this.life.uptimeMs);
    } else if (!this.life.facts.launch) this.#aftermath.resume();
    this.#proceed();
  }

  /** An operator's start, or restart of what runs: clears what earlier failures left. */
  wantUp(cause: Cause, params: ModuleParams | null): void {
    this.life.ask({ kind: 'up', params }, cause);
    this.#goUp();
  }

  /** @param until null: it stays down until somebody starts it; else until the schedule does */
  wantDown(cause: Cause, until: 'schedule' | null = null): void {
    this.life.ask({ kind: 'down', until }, cause);
    this.#goDown();
  }

  /**
   * Its hours have begun or ended, so that whoever's word held until now no longer counts. What has
   * failed is tried anew when they begin, except where that cannot help.
   */
  passEdge(cause: Cause): void {
    const { life } = this;
    const isBegin = life.window === 'up';
    life.ask({ kind: isBegin ? 'hours_begin' : 'hours_end' }, cause);
    if (isBegin && life.state === 'failed' && mayMend(life.facts.reason)) this.#goUp();
    else this.#proceed();
  }

  /** It asked to be stopped until an operator starts it. */
  halt(why: string): void {
    this.life.ask({ kind: 'halt', why }, { by: 'module', method: 'link.halt' });
    this.#goDown();
  }

  /**
   * It runs and does not do what it should: it is ended within its own rule, which the restart
   * policy then judges as a crash. Nothing happens unless that launch is running.
   * @param why told to people
   */
  unfit(launch: string, unfitness: Unfitness, why: string): void {
    const { facts } = this.life;
    if (this.#busy || this.#detached || facts.state !== 'running') return;
    if (launch !== facts.launch?.id || this.#steps.exitNews) return;
    this.#carryOut('end it', () => this.#steps.end(unfitness, why));
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
    this.#steps.cancelReadiness();
  }

  /** SIGKILL instead of what is left of the grace; before `wantDown`, so that there is none. */
  endNow(): void {
    this.#steps.endNow();
  }

  linkSaysReady(launch: string): void {
    this.#steps.linkSaysReady(launch);
  }

  onExit(launch: string, exit: ExitReport): void {
    if (launch !== this.life.facts.launch?.id) return;
    this.#steps.noteExit(exit);
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
    this.#steps.unendable = false;
    this.#proceed();
  }

  #proceed(): void {
    if (this.#detached) return;
    const exit = this.#steps.exitNews;
    if (exit && !this.#busy) this.#steps.takeExit(exit);
    const { state, wanted, launchAgain, hold, neighbourhood, name, facts, window } = this.life;
    const step = nextStep({
      state,
      wanted,
      launchAgain,
      held: hold !== null,
      leanedOn: neighbourhood.runningDependants(name).length > 0,
      unendable: this.#steps.unendable,
      busy: this.#busy,
      closing: this.#closing,
      offHours: facts.operator === null && window === 'down',
    });
    if (step === 'launch') this.#carryOut('launch it', () => this.#steps.launch());
    else if (step === 'end') this.#carryOut('end it', () => this.#steps.end('intent'));
    this.life.lookAtWants();
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
}
