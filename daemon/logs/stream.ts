/** One `logs.stream`: stored lines first, then live ones, each once and in order. */
import { isAtLeast, tailFiles } from '../../rpc/log-files.ts';
import type { Peer } from '../../rpc/peer.ts';
import type { LogLevel, LogLine } from '../../rpc/shapes.ts';
import { Subscription } from '../../rpc/subscription.ts';
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
    const { followers, logsDir, module, lines, from, id, peer, onFault } = this.#options;
    const follower: Follower = {
      module,
      push: (line) => this.subscription.push(line),
      lost: (count) => peer.notify('logs.lost', { subscription: id, count }),
    };
    this.subscription.signal.addEventListener('abort', () => {
      followers.remove(follower).catch((error: unknown) => onFault('end a log stream', error));
    });
    await followers.add(follower);
    const stored = await tailFiles(logsDir, {
      module,
      level: null,
      since: null,
      lines: from === null ? Math.max(lines, 1) : resumedLinesMax,
    });
    for (const line of stored ?? []) this.#answered.set(line.module, line.seq);
    const shown = (stored ?? []).filter((line) => line.seq > (from ?? -1) && this.#passes(line));
    return lines === 0 && from === null ? [] : shown;
  }

  #isNew(line: LogLine): boolean {
    return line.seq > (this.#answered.get(line.module) ?? -1) && this.#passes(line);
  }

  #passes(line: LogLine): boolean {
    const { level } = this.#options;
    return level === null || isAtLeast(line, level);
  }
}
