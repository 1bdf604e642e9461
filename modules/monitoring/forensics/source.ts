import { setImmediate as nextTurn } from 'node:timers/promises';
import { snakeCased } from '../snake-case.ts';
import type { CaptureRequest } from './request.ts';

/** Something that a capture tries to get, and the file that it becomes. */
export interface Source {
  readonly file: string;
  readonly deadlineMs: number;
  /**
   * Rejects with why there is nothing. When the signal aborts, it ends soon, with what it has by then.
   */
  gather(request: CaptureRequest, signal: AbortSignal): Promise<Gathered>;
}

export interface Gathered {
  readonly data: string | Uint8Array;
  /** What is missing of it; null for nothing. */
  readonly note: string | null;
}

/** As others see it: keys in snake_case. */
export function asJson(value: object): Gathered {
  return { data: `${JSON.stringify(snakeCased(value), null, 1)}\n`, note: null };
}

/** `{name: values}`, one a line. Others have their turn after each: there may be thousands. */
export async function asJsonList(name: string, values: Iterable<object>): Promise<string> {
  const lines: string[] = [];
  for (const value of values) {
    lines.push(JSON.stringify(snakeCased(value)));
    await nextTurn();
  }
  return `{"${name}":[\n${lines.join(',\n')}\n]}\n`;
}
