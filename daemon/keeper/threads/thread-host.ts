/** The keeper's side of one thread host: which threads it has, and what its end means for them. */
import type { ChildProcess } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import type { ProcessIdentity } from '../../processes.ts';
import type { System } from '../../system.ts';
import { readJsonLines, writeJsonLine } from '../json-lines.ts';
import type { OnExit } from '../launch.ts';
import { endHost, endsWithin } from './host-process.ts';
import type { FromHost, ThreadReport, ThreadStart, ToHost } from './messages.ts';

const messageBytesMax = 4 * 1024 * 1024;
const helloTimeoutMs = 5000;
/** Its end closes the connection this long before it is there to be seen. */
const endMs = 1000;

interface Thread {
  readonly onExit: OnExit;
  terminated: boolean;
}

interface Link {
  readonly socket: Socket;
  /** What it had when this keeper came. */
  readonly threads: readonly ThreadReport[];
}

export interface ThreadHostOptions {
  readonly identity: ProcessIdentity;
  /** Null when an earlier keeper started it: then nobody learns how it ends. */
  readonly child: ChildProcess | null;
  readonly socketPath: string;
  readonly system: System;
  /** Its last thread has ended. */
  readonly onEmpty: () => void;
  /** It has ended. */
  readonly onLost: () => void;
}

export class ThreadHost {
  readonly #options: ThreadHostOptions;
  readonly #threads = new Map<string, Thread>();
  readonly #link: Promise<Link>;

  constructor(options: ThreadHostOptions) {
    this.#options = options;
    options.child?.once('exit', (code, signal) => this.#lost(code, signal));
    this.#link = this.#connect();
  }

  get identity(): ProcessIdentity {
    return this.#options.identity;
  }

  get isEmpty(): boolean {
    return this.#threads.size === 0;
  }

  /** Rejects when it does not answer. */
  async connected(): Promise<void> {
    await this.#link;
  }

  /** Its socket was removed. One that cannot be asked is ended by whoever wanted to connect to it. */
  async listenAgain(): Promise<void> {
    const link = await this.#link.catch(() => null);
    if (link) say(link.socket, { op: 'listen' });
  }

  async start(thread: ThreadStart, onExit: OnExit): Promise<void> {
    this.#threads.set(thread.launch, { onExit, terminated: false });
    say((await this.#link).socket, { op: 'start', thread });
  }

  /** Its exit is told, also when it is over already; both null when the host knows nothing of it. */
  async resume(launch: string, onExit: OnExit): Promise<void> {
    // From now on, because a stop or its end may come before the host has said what it has.
    this.#threads.set(launch, { onExit, terminated: false });
    try {
      const { socket, threads } = await this.#link;
      const report = threads.find((thread) => thread.launch === launch);
      if (report?.code === null || !this.#threads.has(launch)) return;
      this.#ended(socket, launch, report?.code ?? null);
    } catch (error) {
      this.#threads.delete(launch);
      throw error;
    }
  }

  /** Does nothing when the thread is not its own. */
  async terminate(launch: string): Promise<void> {
    const thread = this.#threads.get(launch);
    if (!thread) return;
    thread.terminated = true;
    // Without a host that answers it is ended with all of it, by whoever wanted to take it up.
    const link = await this.#link.catch(() => null);
    if (link) say(link.socket, { op: 'terminate', launch });
  }

  async #connect(): Promise<Link> {
    const { socketPath, system } = this.#options;
    const socket = connect(socketPath);
    const deadline = system.after(helloTimeoutMs, () =>
      socket.destroy(new Error(`no answer within ${helloTimeoutMs} ms`)),
    );
    try {
      const threads = await new Promise<readonly ThreadReport[]>((resolve, reject) => {
        socket.once('error', reject);
        socket.once('close', () => reject(new Error('it hung up')));
        readJsonLines(socket, messageBytesMax, (message) => {
          const said = message as FromHost;
          if (said.event === 'threads') resolve(said.threads);
          else this.#ended(socket, said.launch, said.code);
        });
        say(socket, { op: 'hello' });
      });
      socket.on('error', () => socket.destroy());
      socket.once('close', () => void this.#seeOff());
      return { socket, threads };
    } finally {
      deadline.cancel();
    }
  }

  #ended(socket: Socket, launch: string, code: number | null): void {
    const thread = this.#threads.get(launch);
    this.#threads.delete(launch);
    say(socket, { op: 'forget', launch });
    if (thread?.terminated) thread.onExit(null, 'SIGKILL');
    else thread?.onExit(code, null);
    if (this.isEmpty) this.#options.onEmpty();
  }

  /** One that hung up and runs on would be deaf to every stop. */
  async #seeOff(): Promise<void> {
    const { identity, child, system } = this.#options;
    if (!(await endsWithin(identity, system, endMs))) await endHost(identity, system);
    if (child === null) this.#lost(null, null);
  }

  #lost(code: number | null, signal: string | null): void {
    const threads = [...this.#threads.values()];
    this.#threads.clear();
    this.#options.onLost();
    for (const { onExit } of threads) onExit(code, signal);
  }
}

function say(socket: Socket, message: ToHost): void {
  writeJsonLine(socket, message);
}
