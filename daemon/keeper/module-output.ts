/**
 * Everything a module prints: read from its two pipes, numbered, stored in `logs/<module>.log`, and
 * offered to a follower. It outlives single launches, so the numbers never start again.
 */
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { lastSeqOf } from '../last-seq.ts';
import { FifoReader, fifoPath, openWriteEnd, type StreamName } from './fifo.ts';
import { LineCutter } from './line-cutter.ts';
import { toLogLine } from './log-line.ts';
import { LogWriter } from './log-writer.ts';
import type { KeeperLine, LogRule } from './protocol.ts';

const recentLinesMax = 20;
/** Under `overflow: drop`, how much may wait for the disk before lines are dropped. */
const waitingCharsMax = 1024 * 1024;

export class ModuleOutput {
  readonly module: string;
  readonly #runDir: string;
  readonly #writer: LogWriter;
  readonly #readers: FifoReader[];
  readonly #cutters: Record<StreamName, LineCutter>;
  #rule: LogRule;
  #seq: number;
  #recent: string[] = [];
  /** Set while the daemon follows this module. */
  follower: ((line: KeeperLine) => void) | null = null;

  constructor(module: string, dirs: { runDir: string; logsDir: string }, rule: LogRule) {
    const logPath = join(dirs.logsDir, `${module}.log`);
    this.module = module;
    this.#runDir = dirs.runDir;
    this.#rule = rule;
    this.#seq = Math.max(lastSeqOf(logPath), lastSeqOf(`${logPath}.1`));
    this.#writer = new LogWriter(logPath, rule, ({ count, why }) =>
      this.#number('keeper', `${count} lines dropped: ${why}`, false),
    );
    this.#cutters = {
      stdout: new LineCutter((text, continues) => this.#take('stdout', text, continues)),
      stderr: new LineCutter((text, continues) => this.#take('stderr', text, continues)),
    };
    this.#readers = (['stdout', 'stderr'] as const).map((stream) => this.#read(stream));
  }

  /** Number of the last line. */
  get seq(): number {
    return this.#seq;
  }

  /** The last lines of the present launch, oldest first. */
  get recent(): readonly string[] {
    return this.#recent;
  }

  /** A new launch begins: forget the recent lines, obey its rule, number on above `seqFloor`. */
  begin(rule: LogRule, seqFloor: number): void {
    this.#rule = rule;
    this.#writer.rule = rule;
    this.#recent = [];
    this.#seq = Math.max(this.#seq, seqFloor);
  }

  /** Descriptors for a child's stdout and stderr; the caller closes them after the spawn. */
  openWriteEnds(): { stdout: number; stderr: number } {
    const stdout = openWriteEnd(fifoPath(this.#runDir, this.module, 'stdout'));
    try {
      return { stdout, stderr: openWriteEnd(fifoPath(this.#runDir, this.module, 'stderr')) };
    } catch (error) {
      closeSync(stdout);
      throw error;
    }
  }

  /** Takes everything the pipes hold, a last line without newline included. */
  drain(): void {
    for (const reader of this.#readers) reader.drain();
    for (const cutter of Object.values(this.#cutters)) cutter.flush();
  }

  /** Calls back when everything taken so far is in the file, or counted as dropped. */
  whenStored(callback: () => void): void {
    this.#writer.whenIdle(callback);
  }

  close(): void {
    for (const reader of this.#readers) reader.close();
    this.#writer.close();
  }

  #read(stream: StreamName): FifoReader {
    const reader = new FifoReader(fifoPath(this.#runDir, this.module, stream), (chunk) => {
      this.#cutters[stream].push(chunk);
      if (!this.#writer.busy || this.#rule.overflow === 'drop') return 'more';
      this.#writer.whenIdle(() => reader.resume());
      return 'pause';
    });
    return reader;
  }

  #take(stream: StreamName, text: string, continues: boolean): void {
    this.#recent.push(text.length > 2000 ? `${text.slice(0, 2000)}…` : text);
    if (this.#recent.length > recentLinesMax) this.#recent.shift();
    if (this.#writer.pendingChars > waitingCharsMax && this.#rule.overflow === 'drop') {
      this.#seq++;
      this.#writer.drop('the disk was too slow');
    } else {
      this.#writer.append(this.#number(stream, text, continues));
    }
  }

  #number(stream: KeeperLine['stream'], text: string, continues: boolean): string {
    const time = new Date().toISOString();
    const line = toLogLine(
      { seq: ++this.#seq, time, module: this.module, stream },
      text,
      continues,
    );
    this.follower?.(line);
    return JSON.stringify(line) + '\n';
  }
}
