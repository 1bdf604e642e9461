/**
 * The records as they should be on disk. A full disk must not stop a trader from being restarted:
 * a record that cannot be written is tried again until it is, and custody goes on without it.
 * Should the keeper die before that, the module's processes are still known by their environment:
 * they are ended before its next launch, so there are never two copies.
 */
import type { System, Timer } from '../system.ts';
import { type LaunchRecord, removeRecord, writeRecord } from './record.ts';

const retryMs = 1000;

export class RecordStore {
  readonly #runDir: string;
  readonly #system: System;
  readonly #warn: (text: string) => void;
  readonly #unsaved = new Map<string, LaunchRecord>();
  #timer: Timer | null = null;

  constructor(runDir: string, system: System, warn: (text: string) => void) {
    this.#runDir = runDir;
    this.#system = system;
    this.#warn = warn;
  }

  /** On disk when it returns, or warned of and tried again every second. */
  save(record: LaunchRecord): void {
    const isKnown = this.#unsaved.delete(record.name);
    try {
      writeRecord(this.#runDir, record);
      if (isKnown) this.#warn(`the record of "${record.name}" is written after all`);
    } catch (error) {
      this.#unsaved.set(record.name, record);
      this.#timer ??= this.#system.after(retryMs, () => this.#retry());
      if (isKnown) return;
      this.#warn(`cannot write the record of "${record.name}": ${(error as Error).message}`);
    }
  }

  remove(module: string): void {
    this.#unsaved.delete(module);
    removeRecord(this.#runDir, module);
  }

  close(): void {
    this.#timer?.cancel();
  }

  #retry(): void {
    this.#timer = null;
    for (const record of [...this.#unsaved.values()]) this.save(record);
  }
}
