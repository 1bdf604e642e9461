/** Where figures come from. Another system than Linux is one more file that implements this. */
import type { Look } from './figures.ts';
import type { RunningModule } from './trees.ts';

export interface LookRequest {
  readonly modules: readonly RunningModule[];
  /**
   * Whether the memory of a module, or of `daemon`, is worth measuring, which costs most of a look.
   * @param residentBytes at least what it has, since what its processes share is in it several times
   */
  readonly wantsMemory: (module: string, residentBytes: number) => boolean;
}

export interface ResourcePlatform {
  /** Looks once. Never holds the event loop for more than some milliseconds. */
  look(request: LookRequest): Promise<Look>;
}

/** Where nothing is known. */
export const unknownPlatform: ResourcePlatform = {
  look: () =>
    Promise.resolve({
      bootMs: performance.now(),
      machine: {
        cpu: null,
        memory_percent: null,
        memory_bytes: null,
        load: null,
        disk_percent: null,
        network_sent_bytes: null,
        network_recv_bytes: null,
      },
      modules: new Map(),
      daemon: null,
    }),
};
