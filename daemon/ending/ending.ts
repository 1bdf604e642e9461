/** What is done when the daemon ends, with its modules or without them. */
import type { HomePaths } from '../../config/paths.ts';
import type { Configuration } from '../configuration.ts';
import type { Guardian } from '../guardian/guardian.ts';
import type { HomeWatch } from '../home/home-watch.ts';
import { describeSurvivors } from '../keeper/protocol.ts';
import { type LeftProcess, leftProcesses, listLeft } from './left-processes.ts';
import type { Log } from '../logs/daemon-log.ts';
import { shutDown, type ShutdownStep, step } from './shutdown.ts';
import type { StateStore } from '../state-store.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { System } from '../system.ts';

export interface EndingParts {
  readonly system: System;
  readonly paths: HomePaths;
  readonly configuration: Configuration;
  readonly log: Log;
  readonly supervisor: Supervisor;
  readonly guardian: Guardian;
  readonly store: StateStore;
  readonly home: HomeWatch;
  readonly closeRpc: () => Promise<void> | undefined;
  /** Tells everybody that it begins. */
  readonly announce: (modulesStay: boolean) => void;
  /** Of the parts that end whether the modules stay or not. */
  readonly steps: readonly ShutdownStep[];
}

/** More than force can take; the sequence gives up sooner. */
const endedMsMax = 60_000;

export class Ending {
  readonly #parts: EndingParts;
  #keeperEnds = false;
  #endMs = Number.POSITIVE_INFINITY;

  constructor(parts: EndingParts) {
    this.#parts = parts;
  }

  /** Until what still runs gets SIGKILL; infinite while the daemon is not ending. */
  get leftMs(): number {
    return Math.max(0, this.#endMs - this.#parts.system.monotonicMs());
  }

  /**
   * Stops every module, then every part; what still runs after `shutdown.timeout` gets SIGKILL.
   * Resolves when nothing of the daemon runs but itself; rejects when a step of it failed.
   */
  async stop(): Promise<void> {
    const { supervisor, store, guardian, home, announce, log } = this.#parts;
    let clean = false;
    let keeperEnded = false;
    await this.#run([
      step('pre', 1, 'shutdown begins', () => announce(false)),
      step('cleanup', 4, 'modules stopped', async (leftMs) => {
        const late = await supervisor.stopAll(leftMs + endedMsMax);
        clean = late.length === 0;
      }),
      step('cleanup', 4, 'state stored', () => store.saveLast({ clean }, log)),
      step('post', 6, 'keeper ended', async () => {
        this.#keeperEnds = true;
        await guardian.end();
        keeperEnded = true;
      }),
      step('post', 10, 'pid file, socket and tokens removed', async () => {
        await guardian.stop();
        // The records of what could not be ended are for the next daemon.
        home.clean({ keepModules: !keeperEnded });
      }),
      step('post', 11, 'goodbye'),
    ]);
  }

  /** Leaves modules and keeper running for the next daemon. */
  async leave(): Promise<void> {
    const { supervisor, store, guardian, home, announce, log } = this.#parts;
    this.#keeperEnds = true;
    await this.#run([
      step('pre', 1, 'the daemon leaves, its modules stay', () => {
        supervisor.detach();
        announce(true);
      }),
      step('cleanup', 4, 'state stored', () => store.saveLast({ clean: false }, log)),
      step('post', 10, 'pid file, socket and tokens removed', async () => {
        await guardian.stop();
        home.clean({ keepModules: true });
      }),
      step('post', 11, 'goodbye, the keeper stays with the modules'),
    ]);
  }

  /** SIGKILL to every tree, each listed in the log; nothing is launched any more. */
  async killAll(why: string): Promise<void> {
    const { supervisor, guardian, log } = this.#parts;
    supervisor.close();
    const left = this.#left();
    log.error({ processes: left }, `SIGKILL to all modules, ${why}: ${listLeft(left)}`);
    const survivors = await guardian.killAll();
    if (survivors.length > 0) log.error(describeSurvivors(survivors));
  }

  async #run(steps: readonly ShutdownStep[]): Promise<void> {
    const { system, configuration, home, closeRpc, log } = this.#parts;
    const { timeoutMs } = configuration.config.shutdown;
    this.#endMs = system.monotonicMs() + timeoutMs;
    const closing = step('post', 5, 'RPC closed', async () => {
      await home.stop();
      await closeRpc();
    });
    const why = `not ended within ${timeoutMs / 1000} s`;
    const failed = await shutDown({
      system,
      timeoutMs,
      log,
      steps: [...steps, closing, ...this.#parts.steps],
      force: () => (this.#keeperEnds ? Promise.resolve() : this.killAll(why)),
    });
    if (failed.length === 0) return;
    const notDone = failed.map(({ done }) => `"${done}"`).join(', ');
    throw new Error(`the daemon has ended, but not in order: ${notDone} failed — see daemon.log`);
  }

  /** Never throws: that they cannot be listed must not keep them from being ended. */
  #left(): LeftProcess[] {
    const { supervisor, paths, log } = this.#parts;
    const pids = supervisor.statuses().flatMap(({ module, pid }) => (pid ? [[module, pid]] : []));
    try {
      return leftProcesses(paths.root, new Map(pids as [string, number][]));
    } catch (err) {
      log.error({ err }, 'cannot list what is left of the modules');
      return [];
    }
  }
}
