/**
 * The records as they should be on disk. A full or read-only disk must not stop a trader from being
 * restarted: a record that cannot be written, or removed, is tried again until it is, and custody
 * goes on without it. Should the keeper die before that, the module's processes are still known by their environment:
 * they are ended before its next launch, so there are never two copies.
 */
import type { System, Timer } from '../system.ts';
import { type LaunchRecord, removeRecord, writeRecord } from './record.ts';

const retryMs = 1000;

export class RecordStore {
  readonly #runDir: string;
  readonly #system: System;
  readonly #warn: (text: string) => void;
  /** By module; null for a record that is to go. */
  readonly #unsaved = new Map<string, LaunchRecord | null>();
  #timer: Timer | null = null;

  constructor(runDir: string, system: System, warn: (text: string) => void) {
    this.#runDir = runDir;
    this.#system = system;
    this.#warn = warn;
  }

  /** On disk when it returns, or warned of and tried again every second. */
  save(record: LaunchRecord): void {
    this.#make(record.name, record);
  }

  /** As `save`. */
  remove(module: string): void {
    this.#make(module, null);
  }

  close(): void {
    this.#timer?.cancel();
  }

  #make(module: string, record: LaunchRecord | null): void {
    const isKnown = this.#unsaved.delete(module);
    try {
      if (record === null) removeRecord(this.#runDir, module);
      else writeRecord(this.#runDir, record);
      if (isKnown) this.#warn(`the record of "${module}" is as it should be after all`);
    } catch (error) {
      this.#unsaved.set(module, record);
      this.#timer ??= this.#system.after(retryMs, () => this.#retry());
      if (isKnown) return;
      const what = record === null ? 'remove' : 'write';
      this.#warn(`cannot ${what} the record of "${module}": ${(error as Error).message}`);
    }
  }

  #retry(): void {
    this.#timer = null;
    for (const [module, record] of [...this.#unsaved]) this.#make(module, record);
  }
}
