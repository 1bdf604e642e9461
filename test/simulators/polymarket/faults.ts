import { type Random, seededRandom } from './random.ts';

/** Where a fault of the REST interfaces strikes. */
export type Area = 'gamma' | 'clob' | 'data';

/**
 * What goes wrong. `share` is how many of the connections, requests, frames or books it strikes,
 * from 0 to 1; `areas` limits it to some of the interfaces.
 */
export type Fault =
  /** Stream connections break off without a word, once at the beginning. */
  | { readonly kind: 'disconnect'; readonly share: number }
  /** Stream connections live, PONG is answered, and nothing else comes. */
  | { readonly kind: 'freeze'; readonly share: number }
  /** New connections of any kind are refused by the operating system. */
  | { readonly kind: 'refuse' }
  /** Trades come twice on the stream. */
  | { readonly kind: 'duplicate'; readonly share: number }
  /** Trades come later on the stream, others before them. */
  | { readonly kind: 'late'; readonly share: number; readonly delayMs: number }
  /** After a frame comes one that is cut off or no JSON at all. */
  | { readonly kind: 'garbage'; readonly share: number }
  | {
      readonly kind: 'rate-limit';
      readonly share: number;
      readonly areas?: readonly Area[];
      readonly body: 'json' | 'html';
      /** Null: no Retry-After. */
      readonly retryAfterSeconds: number | null;
    }
  | {
      readonly kind: 'server-error';
      readonly share: number;
      readonly areas?: readonly Area[];
      readonly status: 425 | 500 | 502 | 503 | 504;
    }
  /** Half an answer: a whole response with half a JSON text, or a connection cut in its middle. */
  | { readonly kind: 'truncate'; readonly share: number; readonly areas?: readonly Area[] }
  | {
      readonly kind: 'slow';
      readonly share: number;
      readonly areas?: readonly Area[];
      readonly delayMs: number;
    }
  /** The connection is reset instead of an answer. */
  | { readonly kind: 'reset'; readonly share: number; readonly areas?: readonly Area[] }
  /** Books come in another order than they were asked for. */
  | { readonly kind: 'disorder' }
  /** Books are left out of an answer. */
  | { readonly kind: 'omit'; readonly share: number };

export type FaultKind = Fault['kind'];

export interface PlannedFault {
  /** Since the simulator's start. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly fault: Fault;
}

/** A fault that was: what the ledger keeps of it. */
export interface PastFault {
  readonly fault: Fault;
  readonly fromMs: number;
  /** Null while it lasts. */
  untilMs: number | null;
}

/** Which faults hold at the moment. What begins and ends them is told to `onChange`. */
export class Faults {
  readonly history: PastFault[] = [];
  readonly #random: Random;
  readonly #now: () => number;
  readonly #onChange: (fault: Fault, isOn: boolean) => void;
  #active: PastFault[] = [];

  constructor(seed: number, now: () => number, onChange: (fault: Fault, isOn: boolean) => void) {
    this.#random = seededRandom(seed, 'faults');
    this.#now = now;
    this.#onChange = onChange;
  }

  get random(): Random {
    return this.#random;
  }

  /** Returns what ends it. */
  begin(fault: Fault): () => void {
    const entry: PastFault = { fault, fromMs: this.#now(), untilMs: null };
    this.history.push(entry);
    this.#active.push(entry);
    this.#onChange(fault, true);
    return () => {
      if (entry.untilMs !== null) return;
      entry.untilMs = this.#now();
      this.#active = this.#active.filter((other) => other !== entry);
      this.#onChange(fault, false);
    };
  }

  /** The fault of the kind that strikes now, by its share and area; null when none does. */
  strikes<K extends FaultKind>(kind: K, area?: Area): Extract<Fault, { kind: K }> | null {
    for (const { fault } of this.#active) {
      if (fault.kind !== kind) continue;
      if (area !== undefined && 'areas' in fault && !fault.areas.includes(area)) continue;
      if ('share' in fault && !this.#random.isLucky(fault.share)) continue;
      return fault as Extract<Fault, { kind: K }>;
    }
    return null;
  }

  has(kind: FaultKind): boolean {
    return this.#active.some(({ fault }) => fault.kind === kind);
  }
}
