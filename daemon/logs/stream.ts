/** One `logs.stream`: stored lines first, then live ones, each once and in order. */
import { answerLengthMaxDefault } from '../../rpc/dispatch.ts';
import { isAtLeast, tailFiles } from '../../rpc/log-files.ts';
import type { Peer } from '../../rpc/peer.ts';
import type { LogLevel, LogLine } from '../../rpc/shapes.ts';
import { Subscription } from '../../rpc/subscription.ts';
import { fittingTail } from './fitting-tail.ts';
import type { Follower, LogFollowers } from './follow.ts';

/** How far back a resumed stream may begin. */
const resumedLinesMax = 10_000;

export interface LogStreamOptions {
  readonly id: string;
  readonly peer: Peer;
  readonly logsDir: string;
  readonly followers: LogFollowers;
  /** Null for all modules. */
  readonly module: string | null;
  readonly level: LogLevel | null;
  /** How many stored lines come first; ignored with `from`. */
  readonly lines: number;
  /** Only lines with a higher number. */
  readonly from: number | null;
  readonly onFault: (doing: string, error: unknown) => void;
}

export class LogStream {
  readonly subscription: Subscription<LogLine>;
  readonly #options: LogStreamOptions;
  /** Number of the last line that the answer itself carries, by module. */
  readonly #answered = new Map<string, number>();
  /** Lines after `from` that are no longer stored, or too many for one answer. */
  #goneCount = 0;

  constructor(options: LogStreamOptions) {
    const { id, peer } = options;
    this.#options = options;
    this.subscription = new Subscription<LogLine>({
      peer,
      deliver: (line) => {
        if (this.#isNew(line)) peer.notify('logs.line', { subscription: id, line });
      },
      deliverLost: (count) => void peer.notify('logs.lost', { subscription: id, count }),
    });
  }

  /** Joins the live lines, then reads the stored ones; where both overlap, numbers tell. */
  async open(): Promise<LogLine[]> {
    const { followers, module, id, peer, onFault } = this.#options;
    const follower: Follower = {
      module,
      push: (line) => this.subscription.push(line),
      lost: (count) => peer.notify('logs.lost', { subscription: id, count }),
    };
    this.subscription.signal.addEventListener('abort', () => {
      followers.remove(follower).catch((error: unknown) => onFault('end a log stream', error));
    });
    await followers.add(follower);
    const stored = await this.#stored();
    for (const line of stored) this.#answered.set(line.module, line.seq);
    return stored.filter((line) => this.#passes(line));
  }

  /** Lets the live lines out; belongs after the answer with the stored ones. */
  start(): void {
    const { id, peer } = this.#options;
    if (this.#goneCount > 0) {
      peer.notify('logs.lost', { subscription: id, count: this.#goneCount });
    }
    this.subscription.start();
  }

  async #stored(): Promise<LogLine[]> {
    const { logsDir, module, level, lines, from } = this.#options;
    const selection = { module, since: null };
    // Nothing stored is asked for: then every line that comes is new.
    if (from === null && lines === 0) return [];
    if (from === null) {
      const last = { ...selection, level, lines };
      return (await tailFiles(logsDir, last, answerLengthMaxDefault)) ?? [];
    }
    const all = { ...selection, level: null, lines: resumedLinesMax };
    const resumed = (await fittingTail(logsDir, all)).filter((line) => line.seq > from);
    this.#goneCount = Math.max(0, (resumed[0]?.seq ?? 0) - from - 1);
    return resumed;
  }

  #isNew(line: LogLine): boolean {
    return line.seq > (this.#answered.get(line.module) ?? -1) && this.#passes(line);
  }

  #passes(line: LogLine): boolean {
    const { level } = this.#options;
    return level === null || isAtLeast(line, level);
  }
}
