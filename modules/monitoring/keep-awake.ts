import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../api/clock.ts';
import { DeadlineError, withDeadline } from '../api/deadline.ts';
import type { Logger } from '../api/log.ts';

export interface KeepAwakeOptions {
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Null: there is none. Default: that of this platform. */
  readonly command?: KeepAwakeCommand | null;
}

/** It must end when its standard input does. */
export type KeepAwakeCommand = readonly [program: string, ...args: string[]];

interface Helper {
  readonly child: ChildProcessByStdio<Writable, null, Readable>;
  /** It, and whatever it has started. */
  readonly gone: Promise<unknown>;
  /** The end of what it complained of. */
  complaint: string;
}

/** From SIGTERM to SIGKILL. */
const graceMs = 5000;
const killMs = 1000;
const complaintMax = 500;

/**
 * Keeps the host from falling asleep by itself while it runs. Where no helper can, it warns. However
 * this process ends, the helper ends too, since it waits for the end of what nobody else can write.
 */
export class KeepAwake {
  readonly #options: KeepAwakeOptions;
  #helper: Helper | null = null;

  constructor(options: KeepAwakeOptions) {
    this.#options = options;
  }

  /** Resolves when the helper runs, or cannot: the log says so. Never rejects. Call it once. */
  async start(): Promise<void> {
    const { log, command = commandOf(process.platform) } = this.#options;
    if (command === null) {
      log.warn('caffeinate_not_found', { platform: process.platform });
      return;
    }
    const [program, ...args] = command;
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'] });
    const gone = new Promise((resolve) => child.once('close', resolve));
    const helper: Helper = { child, gone, complaint: '' };
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      helper.complaint = (helper.complaint + text).slice(-complaintMax);
    });
    // What it was given to wait for is never written, so that a broken pipe is only its end.
    child.stdin.on('error', () => undefined);
    try {
      await once(child, 'spawn');
    } catch (error) {
      log.warn('caffeinate_not_found', { helper: program, error });
      return;
    }
    log.info('caffeinate_started', { helper: program, pid: child.pid });
    this.#helper = helper;
    child.once('close', (code, signal) => this.#onEnd(helper, { code, signal }));
  }

  /** Resolves when it is gone: SIGTERM, five seconds, SIGKILL. Idempotent, and legal without a start. */
  async stop(): Promise<void> {
    const { log } = this.#options;
    const helper = this.#helper;
    if (helper === null) return;
    this.#helper = null;
    // When it ends, its standard input is closed, and what it has started ends as well.
    helper.child.kill('SIGTERM');
    if (!(await this.#isGone(helper, graceMs))) {
      helper.child.kill('SIGKILL');
      if (!(await this.#isGone(helper, killMs))) {
        log.warn('the keep-awake helper survives SIGKILL', { pid: helper.child.pid });
      }
    }
    log.info('caffeinate_stopped');
  }

  #onEnd(helper: Helper, how: { code: number | null; signal: string | null }): void {
    if (this.#helper !== helper) return;
    this.#helper = null;
    const complaint = helper.complaint.trim();
    this.#options.log.warn('caffeinate_stopped', {
      reason: 'it ended by itself',
      ...how,
      complaint,
    });
  }

  async #isGone({ gone }: Helper, deadlineMs: number): Promise<boolean> {
    const { clock } = this.#options;
    try {
      await withDeadline(gone, deadlineMs, { clock, what: 'the keep-awake helper' });
      return true;
    } catch (error) {
      if (error instanceof DeadlineError) return false;
      throw error;
    }
  }
}

/** systemd-inhibit(1), caffeinate(8). */
export function commandOf(platform: NodeJS.Platform): KeepAwakeCommand | null {
  const why = ['--who=superbot', '--why=trading bots are running', '--mode=block'];
  if (platform === 'linux') return ['systemd-inhibit', '--what=idle', ...why, 'cat'];
  if (platform === 'darwin') return ['caffeinate', '-i', 'cat'];
  return null;
}
