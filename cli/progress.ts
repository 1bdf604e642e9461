/**
 * One line on a terminal's stderr that is written over and over, a few times in a second at most, and
 * that is gone at the end. Elsewhere, and with `--quiet`, nothing.
 */
import { cutDisplay, escapeControls } from './display.ts';
import type { Session } from './session.ts';

export interface Progress {
  show(text: string): void;
  /** Before anything else is printed. */
  clear(): void;
}

const shownEveryMs = 200;

/** @param beside what else would be printed to the same terminal meanwhile: then there is none */
export function openProgress({ options }: Session, beside: 'nothing' | 'rows'): Progress {
  const isShown = process.stderr.isTTY && options.quiet !== true && beside === 'nothing';
  let shownAtMs = -Infinity;
  let isThere = false;
  return {
    show(text) {
      const nowMs = performance.now();
      if (!isShown || nowMs - shownAtMs < shownEveryMs) return;
      shownAtMs = nowMs;
      isThere = true;
      const line = cutDisplay(escapeControls(text), Math.max(20, process.stderr.columns - 1));
      process.stderr.write(`\r\u001b[K${line}`);
    },
    clear() {
      if (isThere) process.stderr.write('\r\u001b[K');
      isThere = false;
    },
  };
}
