/** The real programs in a temporary home, with the means to do everything that a step may ask for. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import { isAlive } from '../../daemon/processes.ts';
import { connect, ConnectionClosedError, type RpcClient, RpcError } from '../../rpc/client.ts';
import type { ModuleStatus } from '../../rpc/shapes.ts';
import { DaemonProcess } from '../support/programs.ts';
import { describeProcess, isRunning, killAll } from '../support/processes.ts';
import { TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';
import type { Outcome } from './model.ts';
import { configOf } from './modules.ts';
import { ProcessWatch } from './process-watch.ts';
import type { Call, Victim } from './steps.ts';
import { witnesses } from './witnesses.ts';

/** Far above what any of the modules may take: whoever waits longer waits for ever. */
const callEndsMs = 60_000;
const daemonEndsMs = 60_000;
/** What was killed last may take a moment to be gone, on a machine that has much else to do. */
const leftMs = 3000;

/** Something that must never happen did. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export class World {
  readonly home = new TestHome();
  /** Handed to the modules. */
  readonly dir = dirname(this.home.configDir);
  readonly watch: ProcessWatch;
  readonly #generations: Record<string, number> = {};
  #hasExtra = true;
  readonly #isBackground: boolean;
  #daemon: DaemonProcess | number | null = null;
  #client: RpcClient | null = null;

  /** @param isBackground started by `daemon start`, and again by the keeper when it is killed */
  constructor(isBackground: boolean) {
    this.#isBackground = isBackground;
    mkdirSync(this.dir, { recursive: true });
    this.#configure();
    this.watch = new ProcessWatch(this.home.path);
  }

  get hasExtra(): boolean {
    return this.#hasExtra;
  }

  async dispose(): Promise<void> {
    this.watch.close();
    this.#client?.destroy();
    await this.home.dispose();
  }

  async startDaemon(): Promise<void> {
    if (this.#isBackground) this.#daemon = await this.home.start();
    else this.#daemon = await this.home.foreground({ stdout: 'ignore' }).ready();
    this.#client = await connect({ home: this.home.path });
  }

  async statuses(): Promise<ModuleStatus[]> {
    return (await this.#operator().call('module.list')).modules;
  }

  async status(module: string): Promise<ModuleStatus | null> {
    return (await this.statuses()).find((status) => status.module === module) ?? null;
  }

  /** Each over a connection of its own; all are asked in the same turn. */
  async begin(calls: readonly Call[]): Promise<Promise<[Call, Outcome]>[]> {
    const clients = await Promise.all(calls.map(() => connect({ home: this.home.path })));
    return calls.map(async (call, n) => {
      const client = clients[n]!;
      try {
        return [call, await outcomeOf(client, call)] as [Call, Outcome];
      } finally {
        client.destroy();
      }
    });
  }

  async kill(victim: Victim): Promise<void> {
    const keeper = victim === 'daemon' ? null : readKeeperIdentity(this.home.path);
    if (victim !== 'keeper') killAll([this.#daemonPid]);
    if (keeper && isAlive(keeper)) killAll([keeper.pid]);
    if (victim === 'keeper') return;
    await this.#daemonGone();
    this.#client?.destroy();
  }

  /** A clean stop, after which nothing may be left. */
  async stopDaemon(): Promise<void> {
    await this.#operator().call('daemon.stop');
    await this.#daemonGone();
    this.#client?.destroy();
    // Only of a child of ours is it known how it ended.
    if (this.#daemon instanceof DaemonProcess) {
      const ending = await this.#daemon.ended;
      if (ending.status !== 0) throw new Violation(`the daemon ends as ${JSON.stringify(ending)}`);
    }
    await this.#expectNothingLeft();
  }

  async #expectNothingLeft(): Promise<void> {
    let left: number[] = [];
    try {
      await until('nothing is left', () => (left = this.home.processes()).length === 0, leftMs);
    } catch (error) {
      const list = left.map(describeProcess).join(', ');
      throw new Violation(`left after daemon stop: ${list}`, { cause: error });
    }
  }

  get #daemonPid(): number {
    if (this.#daemon === null) throw new Error('no daemon was started');
    return typeof this.#daemon === 'number' ? this.#daemon : this.#daemon.pid;
  }

  async #daemonGone(): Promise<void> {
    const pid = this.#daemonPid;
    await until(`daemon ${pid} is gone`, () => !isRunning(pid), daemonEndsMs);
  }

  /** Another environment for the module, or "extra" taken away or brought back. */
  async reload(change: 'environment' | 'presence', module: string): Promise<void> {
    if (change === 'presence') this.#hasExtra = !this.#hasExtra;
    else this.#generations[module] = (this.#generations[module] ?? 0) + 1;
    this.#configure();
    await this.#operator().call('daemon.reload_config', {}, { timeoutMs: callEndsMs });
  }

  /** Launches so far, as the modules themselves wrote them down. */
  births(): string[] {
    return this.#linesOf(witnesses.births);
  }

  /** Launches that found another copy of themselves. */
  secondCopies(): string[] {
    return this.#linesOf(witnesses.secondCopies);
  }

  #linesOf(file: string): string[] {
    const path = join(this.dir, file);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  }

  #operator(): RpcClient {
    if (this.#client === null) throw new Error('no daemon was started');
    return this.#client;
  }

  #configure(): void {
    const { dir } = this;
    const variant = { dir, generations: this.#generations, hasExtra: this.#hasExtra };
    this.home.configure(configOf(variant));
  }
}

/** Throws a Violation when the call neither is answered nor loses its connection. */
async function outcomeOf(client: RpcClient, call: Call): Promise<Outcome> {
  try {
    await client.callAny(call.method, paramsOf(call), { timeoutMs: callEndsMs });
    return { kind: 'answered' };
  } catch (error) {
    if (error instanceof ConnectionClosedError) return { kind: 'closed' };
    if (!(error instanceof RpcError)) throw error;
    const text = `${call.method} ${call.module}: ${error.message}`;
    // Ours when nobody answered; the daemon's when it gave up on a module that does nothing slowly.
    if (error.is('timeout')) throw new Violation(`not answered: ${text}`);
    if (error.is('internal')) throw new Violation(`an internal error: ${text}`);
    return { kind: 'refused', code: error.code };
  }
}

function paramsOf({ method, module, cascade, force }: Call): object {
  switch (method) {
    case 'module.start':
      return { module };
    case 'module.stop':
      return { module, cascade, graceful: !force };
    case 'module.restart':
      return { module, cascade, force };
  }
}
