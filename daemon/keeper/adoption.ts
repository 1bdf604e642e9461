/** How a keeper takes over, from its record, a launch whose keeper has died. */
import { isAlive } from '../processes.ts';
import type { AdoptedProcesses } from './adopted-processes.ts';
import { type Child, newChild } from './child.ts';
import type { Leftovers } from './leftovers.ts';
import type { Outputs } from './output/outputs.ts';
import { protocolVersion } from './protocol.ts';
import type { LaunchRecord } from './record.ts';
import type { RecordStore } from './record-store.ts';
import type { Threads } from './threads/threads.ts';

export interface AdoptionParts {
  readonly children: Map<string, Child>;
  readonly records: RecordStore;
  readonly outputs: Outputs;
  readonly threads: Threads;
  readonly leftovers: Leftovers;
  readonly adopted: AdoptedProcesses;
  readonly onExited: (child: Child, code: number | null, signal: string | null) => void;
  readonly warn: (text: string) => void;
}

export class Adoption {
  readonly #parts: AdoptionParts;

  constructor(parts: AdoptionParts) {
    this.#parts = parts;
  }

  /** @param hasFifos its output can be read on; else it is ended */
  adopt(found: LaunchRecord, hasFifos: boolean): void {
    const { children, records, outputs, leftovers, adopted } = this.#parts;
    const record = { ...found, protocol: protocolVersion };
    const isForeign = found.protocol !== protocolVersion;
    const isThread = record.kind === 'thread';
    const isLiving = record.exit === null && isAlive(record.identity);
    const child = newChild(record, isLiving && !isThread ? record.identity : null);
    children.set(record.name, child);
    if (isForeign) records.save(record);
    const writer = isLiving ? record.identity.pid : null;
    outputs.of(record, writer).begin(record.log, record.exit?.seq ?? 0);
    if (record.exit) child.cleaned = leftovers.clean(child);
    else if (!isLiving || !hasFifos) this.#endedUnseen(child);
    else if (!isThread) adopted.watch(record.identity, () => this.#endedUnseen(child));
    else if (isForeign) this.#endThreads(child);
    else void this.#resumeThread(child);
  }

  async #resumeThread(child: Child): Promise<void> {
    const { threads, onExited, warn } = this.#parts;
    try {
      await threads.resume(child.record, (...how) => onExited(child, ...how));
    } catch (error) {
      warn(`the threads are lost: ${(error as Error).message}`);
      this.#endThreads(child);
    }
  }

  /** They live in a host that we cannot talk to: all of it is ended. */
  #endThreads(child: Child): void {
    const { threads, adopted } = this.#parts;
    const { identity } = child.record;
    threads.endHost(identity);
    adopted.watch(identity, () => this.#endedUnseen(child));
  }

  #endedUnseen(child: Child): void {
    this.#parts.onExited(child, null, null);
  }
}
