/**
 * Pauses of the host, as two notice them: the watchdog, that the daemon itself was not run, and the
 * module that watches the host. Each is told once, with what both know, and what is asked of modules
 * begins anew, since nobody answers while nothing runs.
 */
import type { System, Timer } from '../system.ts';
import type { LostTime } from '../watchdog/stall.ts';
import type { ToldPause } from './told.ts';

export interface HostPause {
  /** What this daemon noticed of it; null for nothing. */
  readonly lost: LostTime | null;
  /** What the module says of it; null for nothing. */
  readonly told: ToldPause | null;
  /** Wall clock, as far as that can be known. */
  readonly beganMs: number;
}

export interface PausesOptions {
  readonly system: Pick<System, 'now' | 'monotonicMs' | 'after'>;
  /** Since boot, suspends included. */
  readonly bootMs: () => number;
  /** Whether there is a module that would tell of a pause as well. */
  readonly isWatched: () => boolean;
  /** What is asked of modules begins anew. The watchdog does that by itself for what it notices. */
  readonly beginAnew: () => void;
  /** Called once for each. */
  readonly onPause: (pause: HostPause) => void;
}

/** The module has just been run again too, and may have to write first. */
const awaitModuleMs = 2000;
/** A late timer of ours is noticed in the next turn. */
const awaitOwnMs = 250;
/** An end and a beginning this near belong together: the next sample comes later. */
const slackMs = 500;
/** What the module says of when that was is believed up to here. */
const lateMsMax = 60_000;
/** How often our own timer looks whether it is late, so that what the module tells can be borne out. */
const beatMs = 1000;
const lateMsMin = 500;
/**
 * How often the module's word alone voids checks: a module that hangs is found in less, so that one
 * that tells of pause after pause, or is the only one to have them, keeps none from being ended.
 */
export const aloneEveryMs = 5 * 60_000;

export class Pauses {
  readonly #options: PausesOptions;
  /** Noticed by one of the two, and not told yet. */
  #held: (Noticed & { readonly timer: Timer }) | null = null;
  #last: Noticed | null = null;
  #begunAnewMs = Number.NEGATIVE_INFINITY;
  #beat: { readonly dueMs: number; readonly timer: Timer } | null = null;
  /** The last time that it was. */
  #late: Span | null = null;

  constructor(options: PausesOptions) {
    this.#options = options;
  }

  /** The module is there. Looks from now on, as long as it is. */
  watch(): void {
    if (this.#beat !== null) return;
    const { system, isWatched } = this.#options;
    const timer = system.after(beatMs, () => {
      this.#look();
      this.#beat = null;
      if (isWatched()) this.watch();
    });
    this.#beat = { dueMs: system.monotonicMs() + beatMs, timer };
  }

  /** The watchdog has noticed that time was lost, and has begun anew. */
  noticed(lost: LostTime): void {
    const { bootMs, isWatched } = this.#options;
    const untilMs = bootMs();
    const span = { fromMs: untilMs - Math.max(lost.stalledMs, lost.suspendedMs), untilMs };
    const [held, last] = [this.#held, this.#last];
    // The host stumbles on: while the module's word is awaited that is one pause.
    if (held?.lost) this.#held = { ...held, lost: sum(held.lost, lost) };
    else if (held !== null && isSame(held.span, span)) this.#tell({ ...held, lost });
    else if (last?.told && span.fromMs < last.span.untilMs) return;
    else if (isWatched()) this.#hold({ lost, told: null, span }, awaitModuleMs);
    else this.#tell({ lost, told: null, span });
  }

  /** The module tells of a pause. */
  told(told: ToldPause): void {
    const { system, bootMs } = this.#options;
    const span = spanOf(told, system.now(), bootMs());
    const [held, last] = [this.#held, this.#last];
    if (held?.lost && isSame(held.span, span)) {
      this.#tell({ ...held, told });
      return;
    }
    // Known already, from us or from the module; or older than what is.
    const knownMs = Math.max(held?.span.untilMs ?? 0, last?.span.untilMs ?? 0);
    if (span.fromMs < knownMs + slackMs) return;
    this.#look();
    const late = this.#late;
    const isBorneOut = late !== null && isSame(late, span);
    this.#beginAnew(isBorneOut);
    const lost = isBorneOut ? { stalledMs: late.untilMs - late.fromMs, suspendedMs: 0 } : null;
    if (isBorneOut) this.#tell({ lost, told, span });
    else this.#hold({ lost, told, span }, awaitOwnMs);
  }

  /** Tells what it still holds, and looks no more. */
  stop(): void {
    this.#beat?.timer.cancel();
    this.#beat = null;
    this.#release();
  }

  #look(): void {
    const { system, bootMs } = this.#options;
    const lateMs = this.#beat === null ? 0 : system.monotonicMs() - this.#beat.dueMs;
    const nowMs = bootMs();
    if (lateMs > lateMsMin) this.#late = { fromMs: nowMs - lateMs, untilMs: nowMs };
  }

  #beginAnew(isBorneOut: boolean): void {
    const nowMs = this.#options.system.monotonicMs();
    if (!isBorneOut && nowMs - this.#begunAnewMs < aloneEveryMs) return;
    if (!isBorneOut) this.#begunAnewMs = nowMs;
    this.#options.beginAnew();
  }

  #release(): void {
    if (this.#held !== null) this.#tell(this.#held);
  }

  /** What was held before stays alone. */
  #hold(noticed: Noticed, forMs: number): void {
    this.#release();
    const timer = this.#options.system.after(forMs, () => this.#release());
    this.#held = { ...noticed, timer };
  }

  #tell({ lost, told, span }: Noticed): void {
    const { system, bootMs, onPause } = this.#options;
    this.#held?.timer.cancel();
    this.#held = null;
    this.#last = { lost, told, span };
    onPause({ lost, told, beganMs: system.now() - (bootMs() - span.fromMs) });
  }
}

interface Noticed extends Pick<HostPause, 'lost' | 'told'> {
  readonly span: Span;
}

/** By the clock that counts suspends, and is never set. */
interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** By its excess: up to then nothing was late. */
function spanOf({ atMs, actualMs, excessMs }: ToldPause, nowMs: number, nowBootMs: number): Span {
  const agoMs = nowMs - (atMs + actualMs);
  const untilMs = nowBootMs - (agoMs > 0 && agoMs < lateMsMax ? agoMs : 0);
  return { fromMs: untilMs - excessMs, untilMs };
}

function isSame(a: Span, b: Span): boolean {
  return a.fromMs < b.untilMs + slackMs && b.fromMs < a.untilMs + slackMs;
}

function sum(a: LostTime, b: LostTime): LostTime {
  return { stalledMs: a.stalledMs + b.stalledMs, suspendedMs: a.suspendedMs + b.suspendedMs };
}
