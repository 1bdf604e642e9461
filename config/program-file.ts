import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The file to start of a program of ours: its bundle's, or its entry where only tsc has built. */
export function programFile(folder: string): string {
  const launcher = join(folder, 'main.cjs');
  return existsSync(launcher) ? launcher : join(folder, 'main.js');
}
