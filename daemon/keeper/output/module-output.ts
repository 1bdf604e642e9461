/**
 * Everything a module prints: read from its two streams, numbered, stored in `logs/<module>.log`,
 * and offered to a follower. It outlives single launches, so the numbers never start again.
 */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { lastSeqOf } from '../../last-seq.ts';
import type { KeeperLine, LogRule } from '../protocol.ts';
import { fifoPath, type StreamName } from './fifo.ts';
import { LineCutter } from './line-cutter.ts';
import { type LineSource, toLogLine, toStoredLines } from './log-line.ts';
import type { Gap } from './log-runs.ts';
import { LogWriter } from './log-writer.ts';
import { type ChunkSink, FifoSource, type OutputSource, PlainPipeSource } from './output-source.ts';
import { placeOfPipe } from './removed-pipe.ts';

const recentLinesMax = 20;
const recentCharsMax = 2000;
/** Under `overflow: drop`, how much may wait for the disk before lines are dropped. */
const waitingBytesMax = 1024 * 1024;

export interface ModuleOutputOptions {
  readonly module: string;
  readonly runDir: string;
  readonly logsDir: string;
  /** The module's FIFOs exist. */
  readonly hasFifos: boolean;
  /** Pid of a process that writes into them already. */
  readonly writer: number | null;
  readonly warn: (text: string) => void;
}

export class ModuleOutput {
  readonly module: string;
  readonly #writer: LogWriter;
  readonly #sources: Record<StreamName, OutputSource>;
  readonly #cutters: Record<StreamName, LineCutter>;
  #rule: LogRule;
  #seq: number;
  #recent: string[] = [];
  /** Set while the daemon follows this module. */
  follower: ((line: KeeperLine) => void) | null = null;

  constructor(options: ModuleOutputOptions, rule: LogRule) {
    const logPath = join(options.logsDir, `${options.module}.log`);
    this.module = options.module;
    this.#rule = rule;
    this.#seq = lastSeqIn([logPath, `${logPath}.1`], options.warn);
    this.#writer = new LogWriter(logPath, rule, (gap) => this.#markGap(gap));
    this.#cutters = {
      stdout: new LineCutter((texts, continues) => this.#take('stdout', texts, continues)),
      stderr: new LineCutter((texts, continues) => this.#take('stderr', texts, continues)),
    };
    this.#sources = {
      stdout: this.#open(options, 'stdout'),
      stderr: this.#open(options, 'stderr'),
    };
  }

  /** Number of the last line. */
  get seq(): number {
    return this.#seq;
  }

  /** The last lines of the present launch, oldest first. */
  get recent(): readonly string[] {
    return this.#recent;
  }

  /** False when it has to be opened anew for another launch: somebody removed the pipes. */
  get isInPlace(): boolean {
    return Object.values(this.#sources).every(({ isInPlace }) => isInPlace);
  }

  /** A new launch begins: forget the recent lines, obey its rule, number on above `seqFloor`. */
  begin(rule: LogRule, seqFloor: number): void {
    this.#rule = rule;
    this.#writer.rule = rule;
    this.#recent = [];
    this.#seq = Math.max(this.#seq, seqFloor);
  }

  /** Spawns with the child's ends of both streams, and reads what it writes. */
  connect(
    spawn: (ends: { stdout: number | 'pipe'; stderr: number | 'pipe' }) => ChildProcess,
  ): ChildProcess {
    const { stdout, stderr } = this.#sources;
    let child: ChildProcess | null = null;
    try {
      child = spawn({ stdout: stdout.childEnd(), stderr: stderr.childEnd() });
      return child;
    } finally {
      stdout.spawned(child);
      stderr.spawned(child);
    }
  }

  /** Takes what an ended child has written, a last line without newline included. */
  async drain(): Promise<void> {
    await Promise.all(Object.values(this.#sources).map((source) => source.drain()));
    for (const cutter of Object.values(this.#cutters)) cutter.flush();
  }

  /** Calls back when everything taken so far is in the file, or counted as dropped. */
  whenStored(callback: () => void): void {
    this.#writer.whenIdle(callback);
  }

  close(): void {
    for (const source of Object.values(this.#sources)) source.close();
    this.#writer.close();
  }

  #open(options: ModuleOutputOptions, stream: StreamName): OutputSource {
    const { runDir, module, hasFifos, writer } = options;
    const path = fifoPath(runDir, module, stream);
    const sink: ChunkSink = (chunk) => {
      this.#cutters[stream].push(chunk);
      if (!this.#writer.busy || this.#rule.overflow === 'drop') return 'more';
      this.#writer.whenIdle(() => source.resume());
      return 'pause';
    };
    const source = hasFifos
      ? new FifoSource(path, placeOfPipe(path, writer), sink)
      : new PlainPipeSource(stream, sink);
    return source;
  }

  #take(stream: StreamName, texts: readonly string[], continues: boolean): void {
    this.#remember(texts);
    const source = this.#source(this.#seq + 1, stream);
    this.#seq += texts.length;
    if (this.follower) {
      for (const [i, text] of texts.entries()) {
        this.follower(toLogLine({ ...source, seq: source.seq + i }, text, continues));
      }
    }
    if (this.#writer.pendingBytes > waitingBytesMax && this.#rule.overflow === 'drop') {
      this.#writer.drop(source.seq, texts.length, 'the disk was too slow');
    } else {
      const stored = toStoredLines(source, texts, continues);
      this.#writer.append(source.seq, texts.length, stored);
    }
  }

  #remember(texts: readonly string[]): void {
    const last = texts.slice(-recentLinesMax).map((text) => {
      return text.length > recentCharsMax ? `${text.slice(0, recentCharsMax)}…` : text;
    });
    this.#recent = [...this.#recent, ...last].slice(-recentLinesMax);
  }

  /** Has the number of the first missing line, so the numbers in the file keep rising. */
  #markGap({ seq, count, why }: Gap): Buffer {
    const text = `${count} lines dropped: ${why}`;
    return toStoredLines(this.#source(seq, 'keeper'), [text], false);
  }

  #source(seq: number, stream: KeeperLine['stream']): LineSource {
    return { seq, time: new Date().toISOString(), module: this.module, stream };
  }
}

/** A log that cannot be read must not keep its module from running: the daemon's floor remains. */
function lastSeqIn(paths: readonly string[], warn: (text: string) => void): number {
  const seqs = paths.map((path) => {
    try {
      return lastSeqOf(path);
    } catch (error) {
      warn(`cannot read the last line number of "${path}": ${(error as Error).message}`);
      return 0;
    }
  });
  return Math.max(...seqs);
}
