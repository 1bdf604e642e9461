/** One capture: everything is gathered at once, and written one after the other. */
import os from 'node:os';
import path from 'node:path';
import type { Clock } from '../../api/clock.ts';
import { writeDurably } from '../../api/durable-file.ts';
import { orAborted } from '../../api/or-aborted.ts';
import { metadataFile, summaryFile } from './folders.ts';
import type { CaptureFile, CaptureRequest } from './request.ts';
import { asJson, type Gathered, type Source } from './source.ts';

export interface CaptureOptions {
  readonly sources: readonly Source[];
  readonly clock: Clock;
  /** Ends the gathering, with the reason why. What is there by then is written. */
  readonly stop: AbortSignal;
  /** Ends the writing. */
  readonly end: AbortSignal;
}

const bytesMax = 16 * 1024 * 1024;
/** For a source whose time is up to hand over what it has. */
const graceMs = 2000;

/** Begins to gather at once, before there is a place for it: what stalls may be the disk. */
export class OpenCapture {
  readonly #request: CaptureRequest;
  readonly #options: CaptureOptions;
  readonly #gathered: readonly (readonly [file: string, gathered: Promise<Gathered | Error>])[];
  #writing: Promise<unknown> = Promise.resolve();

  constructor(request: CaptureRequest, options: CaptureOptions) {
    this.#request = request;
    this.#options = options;
    this.#gathered = options.sources.map((source) => [source.file, this.#gather(source)]);
  }

  /** Resolves when no call of the file system is under way, which nothing can end on a disk that hangs. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#writing]);
  }

  /**
   * Never rejects. The files are written in the order of the sources, each whole or not at all, and the
   * summary last.
   */
  async writeTo(folder: string): Promise<readonly CaptureFile[]> {
    const files = [await this.#write(folder, metadataFile, asJson(this.#metadata()))];
    for (const [file, gathered] of this.#gathered)
      files.push(await this.#write(folder, file, await gathered));
    const { trigger, metadata, culprits } = this.#request;
    const summary = { trigger, timestamp: new Date(metadata.atMs).toISOString(), culprits, files };
    return [...files, await this.#write(folder, summaryFile, asJson(summary))];
  }

  /** Durations in seconds: the names and units of this file are older than ours. */
  #metadata(): object {
    const { trigger, metadata } = this.#request;
    const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
    return {
      timestamp: new Date(metadata.atMs).toISOString(),
      duration: seconds(metadata.durationMs),
      expectedInterval: seconds(metadata.expectedMs),
      latencyRatio: metadata.latencyRatio,
      trigger,
      capturedAt: new Date(this.#options.clock.now()).toISOString(),
      host: os.hostname(),
      kernel: `${os.type()} ${os.release()} ${os.arch()}`,
      hostUptime: os.uptime(),
    };
  }

  async #gather(source: Source): Promise<Gathered | Error> {
    const { clock, stop } = this.#options;
    const { deadlineMs } = source;
    const overdue = new AbortController();
    const late = AbortSignal.any([stop, overdue.signal]);
    const lost = new AbortController();
    const onOverdue = (): void =>
      overdue.abort(new Error(`it took longer than ${deadlineMs / 1000} s`));
    const timers = [clock.after(deadlineMs, onOverdue)];
    const onLate = (): void => {
      timers.push(clock.after(graceMs, () => lost.abort(late.reason)));
    };
    late.addEventListener('abort', onLate, { once: true });
    if (late.aborted) onLate();
    try {
      return await orAborted(source.gather(this.#request, late), lost.signal, () => undefined);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      late.removeEventListener('abort', onLate);
      for (const timer of timers) timer.cancel();
    }
  }

  async #write(folder: string, name: string, gathered: Gathered | Error): Promise<CaptureFile> {
    if (gathered instanceof Error) return failed(name, gathered);
    const data = Buffer.from(gathered.data);
    const bytes = data.length;
    if (bytes > bytesMax)
      return failed(name, new Error(`it has ${bytes} bytes, more than are kept`));
    const { end } = this.#options;
    try {
      end.throwIfAborted();
      this.#writing = writeDurably(path.join(folder, name), data);
      await orAborted(this.#writing, end, () => undefined);
      return { name, bytes, failure: null, note: gathered.note };
    } catch (error) {
      return failed(name, error as Error);
    }
  }
}

function failed(name: string, { message }: Error): CaptureFile {
  return { name, bytes: null, failure: message, note: null };
}
