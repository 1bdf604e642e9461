/** Launches whose module is no longer configured, and what the keeper still holds of those over. */
import type { ChildReport } from '../keeper/protocol.ts';
import type { ModuleContext } from './context.ts';

/** Its own rule is not known any more. */
const unknownModuleStop = { signal: 'SIGTERM', timeoutMs: 10_000, scope: 'tree' } as const;

export class Strays {
  readonly #context: Pick<ModuleContext, 'keeper' | 'onFault'>;
  readonly #isConfigured: (name: string) => boolean;
  readonly #ends = new Set<Promise<void>>();

  constructor(
    context: Pick<ModuleContext, 'keeper' | 'onFault'>,
    isConfigured: (name: string) => boolean,
  ) {
    this.#context = context;
    this.#isConfigured = isConfigured;
  }

  /** Ends what runs of a module that nothing is known of. */
  end({ name, launch, exit }: ChildReport): void {
    const end = this.#context.keeper.stopTree(name, launch, unknownModuleStop).then(
      () => undefined,
      (error: unknown) => this.#context.onFault(name, 'end it (not configured)', error),
    );
    this.#ends.add(end);
    void end.then(() => this.#ends.delete(end));
    // Of one that lives, the record goes when its exit is known.
    if (exit) this.forget(name, launch);
  }

  /** Resolves when all that are being ended have ended, or could not be. */
  async ended(): Promise<void> {
    await Promise.all(this.#ends);
  }

  /** The exit of this launch is known: its record goes, and the pipes of a module that is none. */
  forget(name: string, launch: string): void {
    this.#context.keeper
      .forget(name, launch)
      .catch((error: unknown) => this.#context.onFault(name, 'drop its record', error));
    if (!this.#isConfigured(name)) this.discard(name);
  }

  /** Nothing of this name will be launched any more. */
  discard(name: string): void {
    this.#context.keeper
      .discard(name)
      .catch((error: unknown) => this.#context.onFault(name, 'close its pipes', error));
  }
}
