import { mkdir, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import { orAborted } from '../../api/or-aborted.ts';
import { OpenCapture } from './capture.ts';
import { type Debounced, debounced } from './debounce.ts';
import {
  type EventFolder,
  listFolders,
  makeFolder,
  type ReadCapture,
  readFolder,
  removeFolders,
} from './folders.ts';
import type { Capture, CaptureFile, CaptureRequest, CaptureTrigger } from './request.ts';
import { surplus } from './room.ts';
import type { Source } from './source.ts';
import { sourcesOfThisHost } from './sources.ts';

export interface ForensicsOptions {
  /** `<home>/data/<module>/events`; made when the first capture is. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** The least between the beginnings of two captures of one trigger. */
  readonly debounceMs?: number;
  /** The oldest folders go when there are more, or more bytes in all of them. */
  readonly foldersMax?: number;
  readonly bytesMax?: number;
  /** What a capture leaves to others of the disk. */
  readonly freeBytesMin?: number;
  /** What is gathered. Default: all that this host has. */
  readonly sources?: readonly Source[];
}

const mebibyte = 1024 * 1024;
const debounceMsDefault = 60_000;
const foldersMaxDefault = 100;
const bytesMaxDefault = 256 * mebibyte;
const freeBytesMinDefault = 64 * mebibyte;
/** The slowest source has 30 s; the rest is for a disk that is part of the problem. */
const captureMsMax = 75_000;
/** Longer than a source has for handing over what it has. */
const stopMsMax = 3000;

/**
 * Keeps what can be known of the host at the time that something happened to it. Nothing of it holds up
 * the caller, and nothing of it is left running: each part has a deadline.
 */
export class Forensics {
  readonly #options: Required<ForensicsOptions>;
  readonly #stop = new AbortController();
  /** By trigger; each until its last call of the file system is over. */
  readonly #running = new Map<CaptureTrigger, AbortController>();
  readonly #last = new Map<CaptureTrigger, Debounced>();
  readonly #unfinished = new Set<Promise<unknown>>();

  constructor(options: ForensicsOptions) {
    this.#options = {
      debounceMs: debounceMsDefault,
      foldersMax: foldersMaxDefault,
      bytesMax: bytesMaxDefault,
      freeBytesMin: freeBytesMinDefault,
      ...options,
      sources: options.sources ?? sourcesOfThisHost(options.clock),
    };
  }

  /**
   * Resolves as soon as the folder is there, so that the happening can name it; the rest goes on behind
   * it. Null when there was one for this trigger just before, when the disk is full or refuses, which
   * the log says, and after `stop`. Never rejects. A disk that hangs makes it wait, so that a loop
   * should not.
   */
  capture(request: CaptureRequest): Promise<Capture | null> {
    const { trigger } = request;
    const { clock, debounceMs } = this.#options;
    const next = debounced(this.#last.get(trigger) ?? null, clock.monotonicMs(), debounceMs);
    if (this.#stop.signal.aborted || this.#running.has(trigger) || next === null)
      return Promise.resolve(null);
    this.#last.set(trigger, next);
    const capturing = this.#begin(request);
    this.#unfinished.add(capturing);
    return capturing.finally(() => this.#unfinished.delete(capturing));
  }

  /** The oldest first. */
  folders(): Promise<readonly EventFolder[]> {
    return listFolders(this.#options.folder);
  }

  /** Null when there is none of that name, or no longer. */
  read(name: string): Promise<ReadCapture | null> {
    return readFolder(this.#options.folder, name);
  }

  /** @returns how many of them were there, and are not any more */
  remove(names: readonly string[]): Promise<number> {
    return removeFolders(this.#options.folder, names);
  }

  /**
   * Ends what is gathered, with every process that was started for it, and writes what there is. Resolves
   * when that is done, at the latest after three seconds. Idempotent.
   */
  async stop(): Promise<void> {
    const reason = new Error('it was interrupted: the module stops');
    this.#stop.abort(reason);
    const timer = this.#options.clock.after(stopMsMax, () => {
      for (const end of this.#running.values()) end.abort(reason);
    });
    while (this.#unfinished.size > 0) await Promise.allSettled(this.#unfinished);
    timer.cancel();
  }

  async #begin(request: CaptureRequest): Promise<Capture | null> {
    const { clock, sources, log, debounceMs } = this.#options;
    const { trigger } = request;
    const refused = new AbortController();
    const stop = AbortSignal.any([this.#stop.signal, refused.signal]);
    const end = new AbortController();
    const onLate = (): void => end.abort(new Error('the disk did not take it in time'));
    const timer = clock.after(captureMsMax, onLate, { mayBeLast: false });
    this.#running.set(trigger, end);
    const open = new OpenCapture(request, { sources, clock, stop, end: end.signal });
    const placing = this.#place(request.metadata.atMs);
    const over = async (): Promise<void> => {
      timer.cancel();
      await Promise.allSettled([placing, open.settled()]);
      this.#running.delete(trigger);
    };
    try {
      const folder = await orAborted(placing, end.signal, () => undefined);
      const finished = this.#finish(open, folder).finally(() => void over());
      this.#unfinished.add(finished);
      void finished.finally(() => this.#unfinished.delete(finished));
      return { folder, finished };
    } catch (error) {
      refused.abort();
      void over();
      // What has left nothing is no reason to wait longer and longer.
      this.#last.set(trigger, { beganMs: clock.monotonicMs(), waitMs: debounceMs });
      log.error('cannot keep what happened to the host', { trigger, error });
      return null;
    }
  }

  /** @returns the name of the new folder */
  async #place(atMs: number): Promise<string> {
    const { folder, freeBytesMin } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < freeBytesMin) {
      const problem = `only ${bavail * bsize} bytes are free on the disk of ${folder}`;
      throw new Error(`${problem}, and ${freeBytesMin} are left to others — make room`);
    }
    return makeFolder(folder, atMs);
  }

  async #finish(open: OpenCapture, folder: string): Promise<readonly CaptureFile[]> {
    const { log } = this.#options;
    const files = await open.writeTo(path.join(this.#options.folder, folder));
    const failures = files.filter(({ failure }) => failure !== null);
    log.info('captured what is known of the host', {
      folder,
      files: files.length - failures.length,
      failures: failures.map(({ name, failure }) => `${name}: ${failure}`),
    });
    try {
      const removed = await this.remove(surplus(await this.folders(), this.#options));
      if (removed > 0) log.info('removed the oldest captures to make room', { removed });
    } catch (error) {
      log.warn('cannot make room among the captures', { error });
    }
    return files;
  }
}
