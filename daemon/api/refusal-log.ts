/**
 * The log of what was refused to whom. Whoever is refused may ask again as often as he likes, so each
 * kind has a budget of lines; what goes beyond is counted and told as one line when the minute ends.
 */
import type { Refusal } from '../../rpc/refusal.ts';
import type { System } from '../system.ts';

export const linesPerMinuteMax = 20;
const minuteMs = 60_000;

export interface RefusalLogOptions {
  readonly system: Pick<System, 'after'>;
  readonly warn: (fields: object, text: string) => void;
}

export class RefusalLog {
  readonly #options: RefusalLogOptions;
  readonly #minutes = new Map<Refusal['kind'], { count: number }>();

  constructor(options: RefusalLogOptions) {
    this.#options = options;
  }

  take({ kind, why, ...who }: Refusal): void {
    const minute = this.#minutes.get(kind) ?? this.#begin(kind);
    minute.count += 1;
    if (minute.count > linesPerMinuteMax) return;
    this.#options.warn({ refused: kind, ...who }, `${titles[kind]}: ${why}`);
  }

  #begin(kind: Refusal['kind']): { count: number } {
    const minute = { count: 0 };
    this.#minutes.set(kind, minute);
    this.#options.system.after(minuteMs, () => {
      this.#minutes.delete(kind);
      const untold = minute.count - linesPerMinuteMax;
      if (untold <= 0) return;
      this.#options.warn({ refused: kind, count: untold }, `${titles[kind]}: ${untold} times more`);
    });
    return minute;
  }
}

const titles: Readonly<Record<Refusal['kind'], string>> = {
  authentication: 'authentication failed',
  role: 'call refused',
  claim: 'claim refused',
};
