/** One world from its start to its end: the steps of a seed, and a look around after each. */
import type { ModuleStatus } from '../../rpc/shapes.ts';
import type { Figures } from './figures.ts';
import { expectCounted } from './crash.ts';
import { comeToRest, expectClaims, expectReloaded } from './invariants.ts';
import { type Claim, claimAfterAll, type Outcome } from './model.ts';
import { endsByItself, names } from './modules.ts';
import { type Call, describeStep, type Step, stepsOf } from './steps.ts';
import { orderExit } from './witnesses.ts';
import { Violation, World } from './world.ts';

/** With an odd seed in the background. Rejects with a Violation that names the seed and every step up to it. */
export async function runRound(seed: number, stepCount: number, figures: Figures): Promise<void> {
  const round = new Round(seed % 2 === 1, figures);
  const steps = stepsOf(seed, stepCount);
  let done = 0;
  try {
    await round.begin();
    for (const step of steps) {
      done++;
      await round.take(step);
    }
    await round.end();
  } catch (error) {
    const history = steps.slice(0, done).map((step, n) => `${n + 1}. ${describeStep(step)}`);
    const said = `seed ${seed}: ${(error as Error).message}\n${history.join('\n')}`;
    throw new Violation(`${said}\n${round.world.home.describe()}`, { cause: error });
  } finally {
    await round.world.dispose();
  }
}

class Round {
  readonly world: World;
  readonly #figures: Figures;
  readonly #claims = new Map<string, Claim>(names.map((name) => [name, 'up']));
  #rest: ModuleStatus[] = [];
  /** Whoever was launched before is no child of the keeper that serves now. */
  #custodyLostAt: string | null = null;

  /** @param isBackground the daemon is one that the keeper starts again */
  constructor(isBackground: boolean, figures: Figures) {
    this.world = new World(isBackground);
    this.#figures = figures;
  }

  async begin(): Promise<void> {
    await this.world.startDaemon();
    await this.#settle();
  }

  async take(step: Step): Promise<void> {
    this.#figures.count(step.kind);
    switch (step.kind) {
      case 'call':
        this.#believe(await Promise.all(await this.world.begin([step.call])));
        break;
      case 'race':
        this.#believe(await Promise.all(await this.world.begin(step.calls)));
        break;
      case 'kill':
        await this.#kill(step);
        break;
      case 'crash':
        await this.#crash(step);
        return;
      case 'replace':
        await this.world.stopDaemon();
        await this.world.startDaemon();
        break;
      case 'reload':
        await this.#reload(step);
        return;
    }
    await this.#settle();
  }

  async end(): Promise<void> {
    await this.world.stopDaemon();
    const { watch } = this.world;
    this.#figures.take({ watch, births: this.world.births() });
  }

  async #kill({ victim, calls, afterMs }: Extract<Step, { kind: 'kill' }>): Promise<void> {
    const answers = Promise.allSettled(await this.world.begin(calls));
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    if (victim !== 'daemon') this.#custodyLostAt = new Date().toISOString();
    await this.world.kill(victim);
    this.#figures.count(`${victim} killed`);
    if (victim !== 'keeper') await this.world.startDaemon();
    const outcomes = (await answers).map((answer) => {
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    });
    const isUnheard = outcomes.some(([, { kind }]) => kind === 'closed');
    if (victim === 'keeper' && isUnheard) throw new Violation('the daemon hung up on a caller');
    this.#believe(outcomes);
  }

  async #reload({ change, module }: Extract<Step, { kind: 'reload' }>): Promise<void> {
    const changed = change === 'presence' ? 'extra' : module;
    await this.world.reload(change, module);
    // What an operator said of a module is forgotten with it.
    if (change === 'presence') this.#claims.set(changed, 'unsure');
    const before = this.#rest;
    await this.#settle();
    expectReloaded(before, this.#rest, changed);
  }

  async #crash({ module, how, unseen }: Extract<Step, { kind: 'crash' }>): Promise<void> {
    const before = this.#rest.find((status) => status.module === module);
    if (before?.state !== 'running' || endsByItself.has(module)) return;
    if (unseen) await this.world.kill('daemon');
    if ('exit' in how) await orderExit(this.world.dir, module, how.exit);
    else process.kill(before.pid ?? 0, how.signal);
    if (unseen) await this.world.startDaemon();
    this.#figures.count('crashes');
    // What it means is looked at by itself.
    this.#claims.set(module, 'unsure');
    await this.#settle((statuses) => {
      const after = statuses.find((status) => status.module === module);
      return after?.last_exit?.at !== before.last_exit?.at;
    });
    const after = this.#rest.find((status) => status.module === module);
    if (after === undefined) throw new Violation(`"${module}" is not known any more`);
    const mayBeUnknown = this.#isOrphan(before);
    expectCounted({ before, after, how, mayBeUnknown });
  }

  #isOrphan({ started_at }: ModuleStatus): boolean {
    const lostAt = this.#custodyLostAt;
    return lostAt !== null && (started_at ?? '') <= lostAt;
  }

  #believe(outcomes: readonly [Call, Outcome][]): void {
    for (const [, { kind }] of outcomes) this.#figures.count(`calls ${kind}`);
    for (const module of new Set(outcomes.map(([call]) => call.module))) {
      const own = outcomes.filter(([call]) => call.module === module);
      this.#claims.set(module, claimAfterAll(this.#claims.get(module) ?? 'unsure', own));
    }
  }

  /** @param isThere what else must be seen before the quiet counts */
  async #settle(
    isThere: (statuses: readonly ModuleStatus[]) => boolean = () => true,
  ): Promise<void> {
    const startedMs = performance.now();
    this.#rest = await comeToRest(this.world, isThere);
    this.#figures.settled(performance.now() - startedMs);
    expectClaims(this.#rest, this.#claims);
    for (const { module, wanted } of this.#rest) this.#claims.set(module, wanted);
  }
}
