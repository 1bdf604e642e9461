/** All modules: brings back what was up, finds them by name, and stops them together. */
import type { Config, ModuleConfig } from '../../config/effective.ts';
import { RpcError } from '../../rpc/errors.ts';
import type { ModuleStatus, Wanted } from '../../rpc/shapes.ts';
import { isSameToken } from '../../rpc/token.ts';
import type { ChildReport, ExitReport } from '../keeper/protocol.ts';
import { bootId, type ProcessIdentity } from '../processes.ts';
import type { ModuleContext } from './context.ts';
import { fromMemory, toLastExit, toMemory } from './facts.ts';
import type { Life } from './life.ts';
import { hashToken } from './launch/plan.ts';
import { afterCleanStart, blankMemory, type ModuleMemory } from './memory.ts';
import { ManagedModule } from './module.ts';
import { Neighbourhood } from './neighbourhood.ts';
import { type Storm, StormGuard } from './storm-guard.ts';
import { Strays } from './strays.ts';

export interface Remembered {
  /** Nothing of an earlier run goes on: the last daemon stopped cleanly, or the machine rebooted. */
  readonly cleanStart: boolean;
  readonly modules: Readonly<Record<string, ModuleMemory>>;
}

export interface RunningModule {
  readonly name: string;
  readonly launch: string;
  readonly identity: ProcessIdentity;
  readonly startedMonotonicMs: number;
  readonly config: ModuleConfig;
}

export class Supervisor {
  readonly #modules = new Map<string, ManagedModule>();
  readonly #guard: StormGuard;
  readonly #neighbourhood: Neighbourhood;
  readonly #context: ModuleContext;
  #hours: ReadonlyMap<string, Wanted> = new Map();
  readonly #strays: Strays;
  /** Taken out of the configuration while they ran. */
  readonly #retiring = new Set<string>();
  /** Taken out of it while no daemon was there. */
  readonly #dropped: readonly string[];
  #closing = false;
  #hasBegun = false;

  constructor(config: Config, remembered: Remembered, context: ModuleContext) {
    this.#context = context;
    this.#strays = new Strays(context, (name) => this.#modules.has(name));
    this.#guard = new StormGuard(context.system, (news) => context.onStorm(news));
    this.#neighbourhood = new Neighbourhood(this.#guard);
    this.#dropped = Object.keys(remembered.modules).filter((name) => !config.modules.has(name));
    for (const [name, module] of config.modules) {
      const known = ownMemory(remembered, name);
      const memory = remembered.cleanStart ? afterCleanStart(known) : known;
      this.#add(module, memory, config.autostart.includes(name));
    }
  }

  get names(): string[] {
    return [...this.#modules.keys()];
  }

  find(name: string): ManagedModule | null {
    return this.#modules.get(name) ?? null;
  }

  /** Throws error −32002 when no module has this name. */
  get(name: string): ManagedModule {
    const module = this.find(name);
    if (module) return module;
    const known = this.names.join(', ') || 'none';
    // Whoever sends a name of a megabyte shall not get it back twice.
    const asked = name.length > 100 ? `${name.slice(0, 100)}…` : name;
    throw new RpcError('notFound', `there is no module "${asked}" — configured: ${known}`, {
      module: asked,
    });
  }

  /** For operations: also throws −32007 once the daemon is ending. */
  operable(name: string): ManagedModule {
    const module = this.get(name);
    this.refuseWhenClosing();
    return module;
  }

  /** Throws −32007 once the daemon is ending. */
  refuseWhenClosing(): void {
    if (!this.#closing) return;
    throw new RpcError('refused', 'the daemon is stopping — start it again first', {
      reason: 'stopping',
    });
  }

  /** Every module that runs and is ready, with its present launch. */
  running(): RunningModule[] {
    return this.names.flatMap((name) => this.runningModule(name) ?? []);
  }

  /** Null when it does not run, or is not ready yet. */
  runningModule(name: string): RunningModule | null {
    const { launch, state, config } = this.find(name)?.life.facts ?? {};
    if (config === undefined || state !== 'running' || !launch?.process) return null;
    const { identity, startedMonotonicMs } = launch.process;
    return { name, launch: launch.id, identity, startedMonotonicMs, config };
  }

  /** The restarts that wait because too many came together; null when none has to. */
  get storm(): Storm | null {
    return this.#guard.storm;
  }

  /**
   * What their hours say of the modules that have any, also of one that is added later. Nothing
   * follows from it before the modules begin, are configured, or an edge is passed.
   */
  setHours(hours: ReadonlyMap<string, Wanted>): void {
    this.#hours = hours;
    for (const [name, { life }] of this.#modules) {
      const before = life.wanted;
      life.window = hours.get(name) ?? null;
      // Unless an edge follows, which says so itself, it is another configuration that has changed them.
      if (this.#hasBegun && life.wanted !== before) life.causes.asked = { by: 'reload' };
    }
  }

  isUp(name: string): boolean {
    const state = this.find(name)?.life.state;
    return state === 'starting' || state === 'running';
  }

  runningDependants(name: string): readonly string[] {
    return this.#neighbourhood.runningDependants(name);
  }

  statuses(): ModuleStatus[] {
    return [...this.#modules.values()].map(({ life }) => life.status());
  }

  memories(): Record<string, ModuleMemory> {
    const entries = [...this.#modules].map(
      ([name, { life }]) => [name, toMemory(life.facts)] as const,
    );
    return Object.fromEntries(entries);
  }

  /** The module and launch that a link token was made for; null when it is nobody's. */
  ownerOfToken(token: string): { name: string; launch: string } | null {
    const hash = hashToken(token);
    for (const [name, { life }] of this.#modules) {
      const { launch } = life.facts;
      if (launch && isSameToken(hash, launch.note.token_sha256)) return { name, launch: launch.id };
    }
    return null;
  }

  /** Takes over what the keeper has in custody. */
  adopt(children: readonly ChildReport[]): void {
    for (const child of children) {
      const module = this.find(child.name);
      if (!module) this.#strays.end(child);
      // The last daemon died after it had stored this exit, and before the keeper forgot it.
      else if (module.hasEnded(child.launch)) this.#strays.forget(child.name, child.launch);
      else if (child.identity.bootId !== bootId()) this.#forgetOldBoot(module, child);
      else module.adopt(child);
    }
  }

  /**
   * Starts what is wanted and does what else is due. Does not wait for any of it.
   * @param outputMayBeLost nobody read the modules' output for a while: each is ended and started once
   */
  begin(outputMayBeLost: boolean): void {
    for (const name of this.#dropped) this.#strays.discard(name);
    this.#hasBegun = true;
    for (const module of this.#modules.values()) module.begin(outputMayBeLost);
  }

  /**
   * Puts a new configuration in force, for all modules in one step, so that none looks at neighbours
   * that still have their old one. What was taken out of it is stopped, then forgotten.
   * @param restart those of them that run are ended and launched anew
   */
  configure(config: Config, restart: ReadonlySet<string>): void {
    for (const [name, module] of this.#modules) {
      const { life } = module;
      const given = config.modules.get(name);
      if (given) module.configure(given);
      else if (!this.#retiring.has(name)) this.#retire(life);
      if (given && this.#retiring.delete(name)) life.autostart = config.autostart.includes(name);
      if (!restart.has(name)) continue;
      life.causes.asked = { by: 'reload' };
      life.launchAgain = true;
    }
    const added = [...config.modules.values()].filter(({ name }) => !this.#modules.has(name));
    for (const module of added)
      this.#add(module, blankMemory, config.autostart.includes(module.name));
    for (const { name } of added) this.get(name).begin(false);
    this.#neighbourhood.lookAll();
  }

  onExit(name: string, launch: string, exit: ExitReport): void {
    const module = this.find(name);
    if (module) module.onExit(launch, exit);
    else this.#strays.forget(name, launch);
  }

  onKeeperReplaced(children: readonly ChildReport[]): void {
    for (const [name, module] of this.#modules) {
      module.onKeeperReplaced(children.find((child) => child.name === name) ?? null);
    }
  }

  /** Stops everything, each module within its own rule; nothing is launched any more. */
  close(): void {
    this.#closing = true;
    this.#guard.stop();
    for (const module of this.#modules.values()) module.close();
  }

  /** Closes, and resolves with the names of what still lives when everything is gone or time is over. */
  async stopAll(timeoutMs: number): Promise<string[]> {
    this.close();
    const ends = [...this.#modules].map(async ([name, { life }]) => {
      const ended = await life.until(() => (isAtRest(life) ? true : null), timeoutMs);
      return ended ? null : name;
    });
    await this.#strays.ended();
    return (await Promise.all(ends)).filter((name) => name !== null);
  }

  /** The daemon goes and its modules stay. */
  detach(): void {
    this.#closing = true;
    this.#guard.stop();
    for (const module of this.#modules.values()) module.detach();
  }

  #add(config: ModuleConfig, memory: ModuleMemory, autostart: boolean): void {
    const facts = fromMemory(config, memory);
    const managed = new ManagedModule(facts, autostart, this.#context, this.#neighbourhood);
    managed.life.window = this.#hours.get(config.name) ?? null;
    this.#modules.set(config.name, managed);
  }

  /** It stays in the list until nothing of it runs, and for good if it cannot be ended. */
  #retire(life: Life): void {
    const { name, facts } = life;
    life.configure({ ...facts.config, enabled: false });
    this.#retiring.add(name);
    const look = (): void => {
      if (this.#retiring.has(name) && (!isAtRest(life) || facts.state !== 'stopped')) return;
      unwatch();
      // Not when it was configured again meanwhile.
      if (!this.#retiring.delete(name)) return;
      this.#modules.delete(name);
      this.#neighbourhood.leave(name);
      this.#strays.discard(name);
    };
    const unwatch = life.watch(look);
    look();
  }

  /** It ended with the machine: no crash of its own. */
  #forgetOldBoot(module: ManagedModule, { name, launch, exit }: ChildReport): void {
    if (exit) {
      module.life.facts.lastExit = toLastExit(exit);
      module.life.tell({ kind: 'exit', exit, asked: false });
    } else module.life.tell({ kind: 'machine_restarted' });
    this.#strays.forget(name, launch);
  }
}

function isAtRest({ facts }: Life): boolean {
  return facts.launch === null && facts.state !== 'stopping';
}

/** Own keys only: a module may be named "constructor". */
function ownMemory({ modules }: Remembered, name: string): ModuleMemory {
  return (Object.hasOwn(modules, name) ? modules[name] : undefined) ?? blankMemory;
}
