/**
 * The keeper's side of the thread host: starts it when the first thread comes, ends it with the
 * last, and turns what happens to it into exits of its threads: a crash of the host is one of each.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { notifyVariable } from '../../notify.ts';
import { bootId, isAlive, type ProcessIdentity, readProcess } from '../../processes.ts';
import type { System, Timer } from '../../system.ts';
import { fifoPath } from '../fifo.ts';
import { threadSocket } from '../files.ts';
import { readJsonLines, writeJsonLine } from '../json-lines.ts';
import { KeeperError } from '../keeper-error.ts';
import { newRecord, type OnExit, type StartedChild } from '../launch.ts';
import type { LaunchSpec } from '../protocol.ts';
import type { LaunchRecord } from '../record.ts';
import type { FromHost, ThreadReport, ToHost } from './messages.ts';

const program = join(import.meta.dirname, 'host.js');
const messageBytesMax = 4 * 1024 * 1024;
const startTimeoutMs = 20_000;
const helloTimeoutMs = 5000;
/** How long a host without threads waits for the next one. */
const idleMs = 1000;

interface Thread {
  readonly onExit: OnExit;
  terminated: boolean;
}

interface Host {
  readonly identity: ProcessIdentity;
  readonly socket: Socket;
  /** Null when an earlier keeper started it. */
  readonly child: ChildProcess | null;
  /** What it had when this keeper came. */
  readonly threads: readonly ThreadReport[];
}

export interface ThreadsOptions {
  readonly runDir: string;
  readonly logsDir: string;
  readonly system: System;
}

export class Threads {
  readonly #options: ThreadsOptions;
  readonly #threads = new Map<string, Thread>();
  #host: Promise<Host> | null = null;
  #idle: Timer | null = null;

  constructor(options: ThreadsOptions) {
    this.#options = options;
  }

  /**
   * Resolves once the thread runs.
   * @param save stores its record: before it runs, because nothing else would tell of it
   */
  async start(spec: LaunchSpec, save: (record: LaunchRecord) => void): Promise<StartedChild> {
    this.#idle?.cancel();
    const { runDir, system } = this.#options;
    this.#host ??= this.#startHost();
    const host = await this.#host;
    const startedMonotonicMs = system.monotonicMs();
    const startedAt = new Date(system.now()).toISOString();
    const [script = '', ...args] = spec.argv;
    const exit = new Promise<Parameters<OnExit>>((onExit) => {
      this.#watch(spec.launch, (...how) => onExit(how));
    });
    const stdout = fifoPath(runDir, spec.name, 'stdout');
    const stderr = fifoPath(runDir, spec.name, 'stderr');
    const { launch, env } = spec;
    const record = newRecord(spec, { identity: host.identity, startedAt, startedMonotonicMs });
    save(record);
    say(host, { op: 'start', thread: { launch, script, args, env, stdout, stderr } });
    return { record, onExit: (callback) => void exit.then((how) => callback(...how)) };
  }

  /**
   * Takes up a launch of an earlier keeper in a host that still lives. Its exit is told, also when
   * it is over already; both null when the host knows nothing of it.
   */
  async resume({ launch, identity }: LaunchRecord, onExit: OnExit): Promise<void> {
    // From now on, because a stop or its end may come before the host has said what it has.
    this.#watch(launch, onExit);
    this.#host ??= this.#connect(identity, null);
    try {
      const { threads } = await this.#host;
      const report = threads.find((thread) => thread.launch === launch);
      if (report?.code === null || !this.#threads.delete(launch)) return;
      onExit(report?.code ?? null, null);
    } catch (error) {
      this.#threads.delete(launch);
      throw error;
    }
  }

  /** Stops it wherever it is. Its exit is told as SIGKILL. */
  async terminate(launch: string): Promise<void> {
    const thread = this.#threads.get(launch);
    if (!thread || !this.#host) return;
    thread.terminated = true;
    // Without a host that answers it is ended with all of it, by whoever wanted to take it up.
    const host = await this.#host.catch(() => null);
    if (host) say(host, { op: 'terminate', launch });
  }

  /** Ends the host, which has no threads any more. */
  async close(): Promise<void> {
    this.#idle?.cancel();
    // One that never came up has been told to whoever asked for it.
    const host = await this.#host?.catch(() => null);
    if (host) this.endHost(host.identity);
  }

  /** With all its threads. It may have died of itself meanwhile, and its pid be another's by now. */
  endHost(identity: ProcessIdentity): void {
    if (isAlive(identity)) process.kill(identity.pid, 'SIGKILL');
  }

  async #startHost(): Promise<Host> {
    const { runDir, logsDir } = this.#options;
    const log = openSync(join(logsDir, 'thread-host.log'), 'a', 0o600);
    const socketPath = threadSocket(runDir);
    const child = spawn(process.execPath, ['--enable-source-maps', program, socketPath], {
      cwd: runDir,
      env: { PATH: process.env['PATH'], [notifyVariable]: '3' },
      stdio: ['ignore', log, log, 'pipe'],
      detached: true,
    });
    closeSync(log);
    const deadline = this.#options.system.after(startTimeoutMs, () => child.kill('SIGKILL'));
    // It closes the pipe once it listens, or by dying.
    await text(child.stdio[3] as Readable);
    deadline.cancel();
    const { pid = 0 } = child;
    const startTime = readProcess(pid)?.startTime ?? '';
    return this.#connect({ pid, startTime, bootId: bootId() }, child);
  }

  async #connect(identity: ProcessIdentity, child: ChildProcess | null): Promise<Host> {
    const socket = connect(threadSocket(this.#options.runDir));
    const deadline = this.#options.system.after(helloTimeoutMs, () =>
      socket.destroy(new Error(`no answer within ${helloTimeoutMs} ms`)),
    );
    try {
      const threads = await new Promise<readonly ThreadReport[]>((resolve, reject) => {
        socket.once('error', reject);
        readJsonLines(socket, messageBytesMax, (message) => {
          const said = message as FromHost;
          if (said.event === 'threads') resolve(said.threads);
          else this.#hear(socket, said);
        });
        say({ socket }, { op: 'hello' });
      });
      socket.on('error', () => socket.destroy());
      if (child) child.once('exit', (code, signal) => this.#lost(code, signal));
      else socket.once('close', () => this.#lost(null, null));
      return { identity, socket, child, threads };
    } catch (error) {
      this.#host = null;
      const why = (error as Error).message;
      throw new KeeperError('spawn_failed', `the thread host does not answer: ${why}`);
    } finally {
      deadline.cancel();
    }
  }

  #watch(launch: string, onExit: OnExit): void {
    this.#threads.set(launch, { onExit, terminated: false });
  }

  #hear(socket: Socket, { launch, code }: Exclude<FromHost, { event: 'threads' }>): void {
    const thread = this.#threads.get(launch);
    this.#threads.delete(launch);
    say({ socket }, { op: 'forget', launch });
    if (this.#threads.size === 0) this.#endWhenIdle();
    if (thread?.terminated) thread.onExit(null, 'SIGKILL');
    else thread?.onExit(code, null);
  }

  #lost(code: number | null, signal: string | null): void {
    this.#host = null;
    const threads = [...this.#threads.values()];
    this.#threads.clear();
    for (const { onExit } of threads) onExit(code, signal);
  }

  #endWhenIdle(): void {
    this.#idle = this.#options.system.after(idleMs, () => {
      if (this.#threads.size > 0) return;
      void this.close();
      this.#host = null;
    });
  }
}

function say({ socket }: Pick<Host, 'socket'>, message: ToHost): void {
  writeJsonLine(socket, message);
}
