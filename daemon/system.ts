/**
 * The one seam to clock, timers and chance. Everything that waits or dates something gets a
 * `System`, so tests run on a fake clock instead of sleeping.
 */
import { randomBytes } from 'node:crypto';

export interface Timer {
  cancel(): void;
}

export interface System {
  /** Wall clock, milliseconds since 1970 (UTC). It may step in either direction. */
  now(): number;
  /** CLOCK_MONOTONIC in milliseconds: never steps, equal in all processes of one boot on Linux. */
  monotonicMs(): number;
  /** Calls back once after the delay; delays beyond what a Node timer can hold are fine. */
  after(delayMs: number, callback: () => void): Timer;
  /** A number in [0, 1). */
  random(): number;
  /** Unguessable lower-case hex of so many bytes. */
  randomHex(bytes: number): string;
}

/** setTimeout fires at once when the delay does not fit into 31 bits. */
const timerMsMax = 2 ** 31 - 1;

export const realSystem: System = {
  now: () => Date.now(),
  monotonicMs: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  after(delayMs, callback) {
    let handle: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, timerMsMax);
      handle = setTimeout(() => {
        if (leftMs > stepMs) arm(leftMs - stepMs);
        else callback();
      }, stepMs);
    };
    arm(Math.max(0, delayMs));
    return { cancel: () => clearTimeout(handle) };
  },
  random: Math.random,
  randomHex: (bytes) => randomBytes(bytes).toString('hex'),
};
