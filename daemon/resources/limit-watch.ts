/** Ends what uses more than it may. Its restart policy has the rest to say. */
import type { Usage } from '../../rpc/shapes-resources.ts';
import { type Breach, judgeLimits, type Limits } from './limits.ts';

export interface LimitedModule {
  readonly name: string;
  readonly launch: string;
  readonly limits: Limits;
}

export interface LimitAlert {
  readonly severity: 'warning';
  readonly module: string;
  readonly type: 'memory_limit' | 'cpu_limit';
  readonly message: string;
}

export interface LimitWatchOptions {
  readonly running: () => readonly LimitedModule[];
  readonly isEnabled: () => boolean;
  readonly unfit: (module: string, launch: string, reason: Breach['of'], why: string) => void;
  readonly raise: (alert: LimitAlert) => void;
}

export class LimitWatch {
  readonly #options: LimitWatchOptions;
  /** By launch, of those that are over their limit now. */
  #violations = new Map<string, number>();

  constructor(options: LimitWatchOptions) {
    this.#options = options;
  }

  /** @param usage of the time since the last one that was judged */
  judge(usage: ReadonlyMap<string, Usage>): void {
    const { running, isEnabled, unfit, raise } = this.#options;
    const before = this.#violations;
    // Of launches that are gone nothing is kept.
    this.#violations = new Map();
    if (!isEnabled()) return;
    for (const { name, launch, limits } of running()) {
      const used = usage.get(name);
      const known = before.get(launch) ?? 0;
      const { violations, breach } = used
        ? judgeLimits(known, used, limits)
        : { violations: known, breach: null };
      if (violations > 0) this.#violations.set(launch, violations);
      if (!breach) continue;
      const message = `${name} is stopped: ${breach.why}`;
      raise({ severity: 'warning', module: name, type: `${breach.of}_limit`, message });
      unfit(name, launch, breach.of, breach.why);
    }
  }

  /** Whose memory must be known to judge it: what is resident is more than a module has. */
  memoryNeeds(): (module: string, residentBytes: number) => boolean {
    const { running, isEnabled } = this.#options;
    const limited = isEnabled() ? running() : [];
    const limits = new Map(limited.map(({ name, limits: { memoryBytes } }) => [name, memoryBytes]));
    return (module, residentBytes) => residentBytes > (limits.get(module) ?? Infinity);
  }
}
