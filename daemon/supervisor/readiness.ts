/** Waits until one launch is ready: by its word, its port, its URL, its log, or by staying up. */
import type { ReadyConfig } from '../../config/effective.ts';
import { httpProbe, tcpProbe, whenYes } from '../probes.ts';
import type { System, Timer } from '../system.ts';
import type { ModuleContext } from './context.ts';
import type { Life } from './life.ts';

export interface ReadinessOptions {
  readonly system: System;
  readonly rule: ReadyConfig;
  /** Since the launch, for one that is adopted half-way. */
  readonly elapsedMs: number;
  /** Calls back once when a line of the launch matches; returns the end of looking. */
  readonly whenLineMatches: (pattern: RegExp, onMatch: () => void) => () => void;
  /** Exactly one of the two is called, once, unless it is cancelled before. */
  readonly onReady: () => void;
  readonly onTimeout: () => void;
}

/** Of the present launch. */
export function readinessOf(
  { facts: { config, launch } }: Life,
  { system, whenLineMatches }: ModuleContext,
  elapsedMs: number,
  on: Pick<ReadinessOptions, 'onReady' | 'onTimeout'>,
): Readiness {
  const printed = { module: config.name, since: launch?.process?.startedAt ?? '' };
  return new Readiness({
    system,
    rule: config.ready,
    elapsedMs,
    whenLineMatches: (pattern, onMatch) => whenLineMatches({ ...printed, pattern }, onMatch),
    ...on,
  });
}

export class Readiness {
  readonly #options: ReadinessOptions;
  readonly #timer: Timer;
  readonly #stopLooking: () => void;
  #over = false;

  constructor(options: ReadinessOptions) {
    this.#options = options;
    const { system, rule, elapsedMs, onReady, onTimeout } = options;
    const [delayMs, due] =
      rule.kind === 'after' ? [rule.afterMs, onReady] : [rule.timeoutMs, onTimeout];
    this.#timer = system.after(Math.max(0, delayMs - elapsedMs), () => {
      this.cancel();
      due();
    });
    this.#stopLooking = this.#look();
  }

  /** The module's own word ends every kind of waiting. */
  linkSaysReady(): void {
    if (this.#over) return;
    this.cancel();
    this.#options.onReady();
  }

  cancel(): void {
    this.#over = true;
    this.#timer.cancel();
    this.#stopLooking();
  }

  #look(): () => void {
    const { system, rule, whenLineMatches } = this.#options;
    const isReady = (): void => this.linkSaysReady();
    switch (rule.kind) {
      case 'tcp':
        return whenYes(system, tcpProbe(rule.port), isReady);
      case 'http':
        return whenYes(system, httpProbe(rule.url), isReady);
      case 'log':
        return whenLineMatches(rule.pattern, isReady);
      case 'link':
      case 'after':
        return () => undefined;
    }
  }
}
