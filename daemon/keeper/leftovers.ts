/** What is left of launches that are over, or that no whole record names: it is ended. */
import type { Child } from './child.ts';
import type { TreeEnder } from './ending.ts';
import { KeeperError } from './keeper-error.ts';
import { type LaunchSpec, describeSurvivors, type StopRule, type Survivor } from './protocol.ts';

/** For processes of which no record says how they want to be ended. */
const unknownStop: StopRule = { signal: 'SIGTERM', timeoutMs: 10_000, scope: 'tree' };

export class Leftovers {
  readonly #ender: TreeEnder;
  /** Ending what unreadable records may have named, by module. */
  readonly #unknown = new Map<string, Promise<Survivor[]>>();

  constructor(ender: TreeEnder) {
    this.#ender = ender;
  }

  /** What an ended launch left behind is ended by its own rule. */
  async clean(child: Child): Promise<Survivor[]> {
    const { name, stop } = child.record;
    const survivors = await this.#ender.end({ module: name, process: child.process }, stop);
    if (survivors.length === 0) child.process = null;
    return survivors;
  }

  /** Begins to end what runs of a module whose record is damaged. */
  endUnknown(name: string, onGone: () => void): void {
    const ending = this.#ender.end({ module: name, process: null }, unknownStop);
    this.#unknown.set(
      name,
      ending.then((survivors) => {
        if (survivors.length === 0) onGone();
        return survivors;
      }),
    );
  }

  /**
   * Resolves when nothing stands against the next launch, rejects with a KeeperError `survivors` when
   * SIGKILL did not end it; looks also for launches that this keeper knows nothing of.
   */
  async endBefore({ name, stop }: LaunchSpec, earlier: Child | undefined): Promise<void> {
    const unknown = (await this.#unknown.get(name)) ?? [];
    this.#unknown.delete(name);
    const survivors = await earlier?.cleaned;
    if (survivors?.length === 0 && unknown.length === 0) return;
    // Nothing was looked for yet, or what survived SIGKILL then may have ended by now.
    const left = await this.#ender.end({ module: name, process: earlier?.process ?? null }, stop);
    if (left.length === 0) return;
    const why = `cannot start "${name}": ${describeSurvivors(left)}`;
    throw new KeeperError('survivors', why);
  }

  /** Resolves when what has begun for the module is over, whatever came of it. */
  async settled(name: string, child: Child | undefined): Promise<void> {
    await Promise.all([child?.cleaned, this.#unknown.get(name)]);
  }
}
