/**
 * The event journal: what happens to each module, kept beyond the daemon's life. An entry is in its
 * file before the change that it tells goes on, so that a daemon killed at any moment loses none; it
 * is not synced, so a power loss may. A disk that does not take it stops nothing: what was lost is
 * counted, and said in the file before the next entry that it takes.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { hostJournal } from '../../rpc/host-trouble.ts';
import { journalRule, journalSuffix, type StoredEntry } from '../../rpc/journal-files.ts';
import type { Log } from '../logs/daemon-log.ts';
import { RotatingFile } from '../rotating-file.ts';
import type { Occurrence, Transition } from '../supervisor/context.ts';
import type { System } from '../system.ts';
import { occurrenceInWords, transitionInWords, type Words } from './wording.ts';

/** So many files stay open, of those that something has happened to last. */
const openFilesMax = 128;
/** And so long: a storm of crashes opens them once a second, and modules that are gone leave none. */
const openMs = 1000;

export interface JournalOptions {
  readonly dir: string;
  readonly system: Pick<System, 'now' | 'after'>;
  readonly log: Log;
}

export interface RecordedAlert {
  readonly severity: string;
  readonly type: string;
  readonly text: string;
}

export class Journal {
  readonly #options: JournalOptions;
  /** How many entries of a module its file did not take. */
  readonly #lost = new Map<string, number>();
  /** By module, the one written to last at the end. */
  readonly #files = new Map<string, RotatingFile>();
  #areClosedSoon = false;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  transition(transition: Transition): void {
    const { module } = transition;
    const nowMs = this.#options.system.now();
    this.#write(module, transitionInWords(transition, nowMs), nowMs);
  }

  occurrence(module: string, occurrence: Occurrence): void {
    this.#write(module, occurrenceInWords(occurrence), this.#options.system.now());
  }

  /** @param module or `daemon`, as which no module can be called: that has a file of its own */
  alert(module: string, { severity, type, text }: RecordedAlert): void {
    const words = { kind: 'alert', text, data: { severity, type } };
    this.#write(module, words, this.#options.system.now());
  }

  /** What happened to the host, in a journal of its own: an entry of the ones in host-wording.ts. */
  host(words: Words): void {
    this.#write(hostJournal, words, this.#options.system.now());
  }

  #write(module: string, words: Words, nowMs: number): void {
    const { log } = this.#options;
    const lost = this.#lost.get(module) ?? 0;
    const told = lost === 0 ? [words] : [lossInWords(lost), words];
    const time = new Date(nowMs).toISOString();
    const lines = told.map((one) => {
      const entry: StoredEntry = { time, module, ...one };
      return JSON.stringify(entry) + '\n';
    });
    const file = this.#fileOf(module);
    try {
      append(file, Buffer.from(lines.join('')));
      this.#lost.delete(module);
    } catch (error) {
      file.close();
      if (lost === 0) log.error({ module, err: error }, 'cannot write the journal');
      this.#lost.set(module, lost + 1);
    }
  }

  /** Some four entries come with each crash, but a daemon may have more modules than descriptors. */
  #fileOf(module: string): RotatingFile {
    const { dir, system } = this.#options;
    if (!this.#areClosedSoon) system.after(openMs, () => this.#closeAll());
    this.#areClosedSoon = true;
    const path = join(dir, module + journalSuffix);
    const file = this.#files.get(module) ?? new RotatingFile(path, journalRule);
    this.#files.delete(module);
    this.#files.set(module, file);
    for (const [oldest, other] of this.#files) {
      if (this.#files.size <= openFilesMax) break;
      other.close();
      this.#files.delete(oldest);
    }
    return file;
  }

  #closeAll(): void {
    this.#areClosedSoon = false;
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }
}

/** All of it or nothing. */
function append(file: RotatingFile, bytes: Buffer): void {
  const written = writeSync(file.prepare(bytes.length), bytes);
  if (written === bytes.length) {
    file.wrote(written);
    return;
  }
  file.discardPartial();
  throw new Error(`only ${written} of ${bytes.length} bytes could be written`);
}

function lossInWords(count: number): Words {
  const what = count === 1 ? 'entry' : 'entries';
  return {
    kind: 'lost',
    text: `${count} ${what} before this could not be written`,
    data: { count },
  };
}
