/**
 * The keeper's thread hosts: one that it starts when the first thread comes and ends with the last,
 * and those of keepers that died, each served to the end of its threads. New threads go to the
 * keeper's own, because only of a child can it be known how it ended.
 */
import { unlink } from 'node:fs';
import { join } from 'node:path';
import { isAlive, isStarved, type ProcessIdentity } from '../../processes.ts';
import type { Timer } from '../../system.ts';
import { threadSocket } from '../files.ts';
import { KeeperError } from '../keeper-error.ts';
import { newRecord, type OnExit, type StartedChild } from '../launch.ts';
import { fifoPath } from '../output/fifo.ts';
import type { LaunchSpec } from '../protocol.ts';
import type { LaunchRecord } from '../record.ts';
import { endHost, findHosts, type HostProcessOptions, startHost } from './host-process.ts';
import { ThreadHost, type ThreadHostOptions } from './thread-host.ts';

/** How long the own host waits without threads for the next one. */
const idleMs = 1000;

export class Threads {
  readonly #options: HostProcessOptions;
  readonly #hosts = new Set<ThreadHost>();
  /** The one for new threads. */
  #own: Promise<ThreadHost> | null = null;
  #idle: Timer | null = null;

  constructor(options: HostProcessOptions) {
    this.#options = options;
  }

  /**
   * Resolves once the thread runs.
   * @param save stores its record: before it runs, because nothing else would tell of it
   */
  async start(spec: LaunchSpec, save: (record: LaunchRecord) => void): Promise<StartedChild> {
    this.#idle?.cancel();
    const { runDir, system } = this.#options;
    const host = await this.#ownHost();
    const startedMonotonicMs = system.monotonicMs();
    const startedAt = new Date(system.now()).toISOString();
    const [script = '', ...args] = spec.argv;
    const stdout = fifoPath(runDir, spec.name, 'stdout');
    const stderr = fifoPath(runDir, spec.name, 'stderr');
    const { launch, env } = spec;
    const record = newRecord(spec, { identity: host.identity, startedAt, startedMonotonicMs });
    save(record);
    const exit = new Promise<Parameters<OnExit>>((onExit) => {
      void host.start({ launch, script, args, env, stdout, stderr }, (...how) => onExit(how));
    });
    return { record, onExit: (callback) => void exit.then((how) => callback(...how)) };
  }

  /**
   * Takes up a launch of an earlier keeper in a host that still lives. Its exit is told, also when
   * it is over already; both null when the host knows nothing of it.
   */
  async resume({ launch, identity }: LaunchRecord, onExit: OnExit): Promise<void> {
    const known = [...this.#hosts].find(({ identity: { pid } }) => pid === identity.pid);
    const host = known ?? this.#open({ identity, child: null, onEmpty: () => this.#end(host) });
    await host.resume(launch, onExit);
  }

  /** Stops it wherever it is. Its exit is told as SIGKILL. */
  async terminate(launch: string): Promise<void> {
    for (const host of this.#hosts) await host.terminate(launch);
  }

  /** The folder of their sockets was removed. */
  async restoreSockets(): Promise<void> {
    await Promise.all([...this.#hosts].map((host) => host.listenAgain()));
  }

  /** Ends all hosts, which have no threads any more, and what a keeper left that died over it. */
  async close(): Promise<void> {
    this.#idle?.cancel();
    // One that never came up has been told to whoever asked for it.
    await this.#own?.catch(() => null);
    await Promise.all([...this.#hosts].map((host) => endHost(host.identity, this.#options.system)));
    await this.#endStrays();
  }

  /** With all its threads. It may have died of itself meanwhile, and its pid be another's by now. */
  endHost(identity: ProcessIdentity): void {
    if (isAlive(identity)) process.kill(identity.pid, 'SIGKILL');
  }

  #ownHost(): Promise<ThreadHost> {
    if (this.#own) return this.#own;
    const attempt = this.#startHost();
    this.#own = attempt;
    attempt.catch(() => {
      // Whoever waits for it is told; the next thread makes another attempt.
      if (this.#own === attempt) this.#own = null;
    });
    return attempt;
  }

  async #startHost(): Promise<ThreadHost> {
    await this.#endStrays();
    const started = await startHost(this.#options);
    const host = this.#open({ ...started, onEmpty: () => this.#endWhenIdle(host) });
    try {
      await host.connected();
      return host;
    } catch (error) {
      await endHost(started.identity, this.#options.system);
      const log = join(this.#options.logsDir, 'thread-host.log');
      const why = (error as Error).message;
      throw new KeeperError('spawn_failed', `the thread host does not answer: ${why} — see ${log}`);
    }
  }

  #open(of: Pick<ThreadHostOptions, 'identity' | 'child' | 'onEmpty'>): ThreadHost {
    const { runDir, system } = this.#options;
    const socketPath = threadSocket(runDir, of.identity.pid);
    const forget = (): void => {
      // One that was ended for want of threads may have been followed by another.
      if (this.#hosts.delete(host) && of.child) this.#own = null;
    };
    const onLost = (): void => {
      forget();
      // Where it cannot be removed it is in nobody's way: a host replaces what is in its place.
      unlink(socketPath, () => undefined);
    };
    const host = new ThreadHost({ ...of, socketPath, system, onLost });
    this.#hosts.add(host);
    // Whoever asks it for anything is told why.
    host.connected().catch(forget);
    return host;
  }

  /** Hosts that no keeper has: their threads, if there are any, are in no record. */
  async #endStrays(): Promise<void> {
    const { runDir, system } = this.#options;
    const known = new Set([...this.#hosts].map(({ identity }) => identity.pid));
    try {
      const strays = findHosts(runDir).filter(({ pid }) => !known.has(pid));
      await Promise.all(strays.map((identity) => endHost(identity, system)));
    } catch (error) {
      // The next host, or the next keeper's end, makes up for it; most end by themselves.
      if (!isStarved(error)) throw error;
    }
  }

  #endWhenIdle(host: ThreadHost): void {
    this.#idle = this.#options.system.after(idleMs, () => {
      if (!host.isEmpty) return;
      this.#own = null;
      this.#end(host);
    });
  }

  #end(host: ThreadHost): void {
    this.#hosts.delete(host);
    this.endHost(host.identity);
  }
}
