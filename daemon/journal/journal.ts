/**
 * The event journal: what happens to each module, kept beyond the daemon's life. An entry is in its
 * file before the change that it tells goes on, so that a daemon killed at any moment loses none; it
 * is not synced, so a power loss may. A disk that does not take it stops nothing: what was lost is
 * counted, and said in the file before the next entry that it takes.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { journalRule, journalSuffix, type StoredEntry } from '../../rpc/journal-files.ts';
import type { Log } from '../logs/daemon-log.ts';
import { RotatingFile } from '../rotating-file.ts';
import type { Occurrence, Transition } from '../supervisor/context.ts';
import type { System } from '../system.ts';
import { alertOf } from './alert.ts';
import { occurrenceInWords, transitionInWords, type Words } from './wording.ts';

export interface JournalOptions {
  readonly dir: string;
  readonly system: Pick<System, 'now'>;
  readonly log: Log;
}

interface ModuleFile {
  readonly file: RotatingFile;
  lost: number;
}

export class Journal {
  readonly #options: JournalOptions;
  readonly #files = new Map<string, ModuleFile>();

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  transition(transition: Transition): void {
    const { module } = transition;
    const { system, log } = this.#options;
    const nowMs = system.now();
    const alert = alertOf(transition);
    if (alert) log.error({ module, ...alert.data }, alert.text);
    const entries = [transitionInWords(transition, nowMs), ...(alert === null ? [] : [alert])];
    this.#write(module, entries, nowMs);
  }

  occurrence(module: string, occurrence: Occurrence): void {
    this.#write(module, [occurrenceInWords(occurrence)], this.#options.system.now());
  }

  close(): void {
    for (const { file } of this.#files.values()) file.close();
    this.#files.clear();
  }

  #write(module: string, entries: readonly Words[], nowMs: number): void {
    const { log } = this.#options;
    const kept = this.#of(module);
    const told = kept.lost === 0 ? entries : [lossInWords(kept.lost), ...entries];
    const time = new Date(nowMs).toISOString();
    const lines = told.map((words) => {
      const entry: StoredEntry = { time, module, ...words };
      return JSON.stringify(entry) + '\n';
    });
    try {
      append(kept.file, Buffer.from(lines.join('')));
      kept.lost = 0;
      // Written too seldom to hold a descriptor for each module that there ever was.
      kept.file.close();
    } catch (error) {
      if (kept.lost === 0) log.error({ module, err: error }, 'cannot write the journal');
      kept.lost += entries.length;
    }
  }

  #of(module: string): ModuleFile {
    const known = this.#files.get(module);
    if (known) return known;
    const path = join(this.#options.dir, module + journalSuffix);
    const opened = { file: new RotatingFile(path, journalRule), lost: 0 };
    this.#files.set(module, opened);
    return opened;
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
