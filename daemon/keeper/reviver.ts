/**
 * Starts the daemon again when it ended without saying goodbye. It gets no pipe of ours and a
 * session of its own, as from the command line; which daemon has the home is for its lock to say.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { identify, isAlive, type ProcessIdentity } from '../processes.ts';
import type { System, Timer } from '../system.ts';
import type { DaemonLaunch } from './protocol.ts';
import { nextRevival } from './revival.ts';

/** The environment variable that tells a daemon that it was started again, and why. */
export const revivedVariable = 'SUPERBOT_REVIVED';

export interface ReviverOptions {
  readonly system: System;
  readonly isHomeInPlace: () => boolean;
  readonly say: (text: string) => void;
}

export class Reviver {
  readonly #options: ReviverOptions;
  #launch: DaemonLaunch | null = null;
  #process: ProcessIdentity | null = null;
  /** What was started by us and has not ended. */
  #child: ChildProcess | null = null;
  /** How the last one ended, where it was our child; else unknown. */
  #how: string | null = null;
  #isServed = false;
  #servedSinceMs = 0;
  #servedMs = 0;
  #lastDelayMs: number | null = null;
  #timer: Timer | null = null;
  /** The timer is for a start. */
  #isDue = false;

  constructor(options: ReviverOptions) {
    this.#options = options;
  }

  /** Something may still have to be started: no time to leave. */
  get isPending(): boolean {
    return this.#launch !== null && !this.#isServed;
  }

  /** A daemon has come, by itself or by us. */
  served(pid: number, launch: DaemonLaunch | null): void {
    this.#rest();
    this.#endLoser(pid);
    if (this.#process?.pid !== pid) {
      this.#lastDelayMs = null;
      this.#how = null;
    }
    this.#launch = launch;
    this.#process = identify(pid);
    this.#isServed = true;
    this.#servedSinceMs = this.#options.system.monotonicMs();
  }

  /** Its connection is gone; perhaps it is, too. */
  left(): void {
    this.#isServed = false;
    this.#servedMs = this.#options.system.monotonicMs() - this.#servedSinceMs;
    this.#proceed();
  }

  /** Nothing is started again before the next daemon has come. */
  goodbye(): void {
    this.#launch = null;
    this.#rest();
  }

  /** Somebody stops SuperBot: what was started and does not serve yet would run after all. */
  giveUp(): void {
    this.goodbye();
    if (this.#child === null || this.#isServed) return;
    this.#options.say('asked to end: ending the daemon that was started again');
    this.#child.kill('SIGKILL');
  }

  /**
   * One that is still on its way to the lock would find it free when the present daemon is stopped,
   * and run although somebody has just stopped SuperBot.
   */
  #endLoser(servingPid: number): void {
    if (this.#child === null || this.#child.pid === servingPid) return;
    this.#options.say('another daemon came first: ending the one that was started again');
    this.#child.kill('SIGKILL');
  }

  #rest(): void {
    this.#timer?.cancel();
    this.#isDue = false;
  }

  #proceed(): void {
    if (this.#isDue) return;
    const isRunning = this.#process !== null && isAlive(this.#process);
    const next = nextRevival({
      isRevivable: this.#launch !== null,
      isServed: this.#isServed,
      isAlive: isRunning,
      servedMs: this.#servedMs,
      lastDelayMs: this.#lastDelayMs,
    });
    this.#timer?.cancel();
    if (next.do === 'nothing') return;
    const { system, say } = this.#options;
    if (next.do === 'look_again') {
      this.#timer = system.after(next.afterMs, () => this.#proceed());
      return;
    }
    this.#lastDelayMs = next.afterMs;
    this.#isDue = true;
    say(`the daemon ended without saying goodbye: starting it again in ${next.afterMs / 1000} s`);
    this.#timer = system.after(next.afterMs, () => this.#start());
  }

  #start(): void {
    this.#isDue = false;
    if (!this.#launch) return;
    const { argv, cwd, env } = this.#launch;
    const [program = '', ...args] = argv;
    const how = this.#how === null ? '' : ` (${this.#how})`;
    const why = `the last daemon ended without saying goodbye${how}`;
    this.#process = null;
    this.#servedMs = 0;
    try {
      const child = spawn(program, args, {
        cwd,
        env: { ...env, [revivedVariable]: why },
        stdio: 'ignore',
        detached: true,
      });
      this.#process = child.pid === undefined ? null : identify(child.pid);
      this.#watch(child);
      // In another home than ours it gets another keeper, whose it is to be from then on.
      if (!this.#options.isHomeInPlace()) this.#launch = null;
    } catch (error) {
      // Some failures are thrown instead of emitted, such as too many open files.
      this.#ended(null, (error as Error).message);
    }
  }

  #watch(child: ChildProcess): void {
    const { say } = this.#options;
    const pid = child.pid ?? null;
    this.#child = child;
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
    });
    child.once('spawn', () => say(`started the daemon again as pid ${pid ?? 0}`));
    child.once('error', ({ message }) => this.#ended(pid, message));
    child.once('exit', (code, signal) => this.#ended(pid, signal ?? `exit code ${code ?? 0}`));
  }

  /** @param pid null for one that could not even be started */
  #ended(pid: number | null, how: string): void {
    this.#options.say(`the daemon that was started again has ended: ${how}`);
    if (this.#process !== null && this.#process.pid !== pid) return;
    this.#how = how;
    if (!this.#isServed) this.#proceed();
  }
}
