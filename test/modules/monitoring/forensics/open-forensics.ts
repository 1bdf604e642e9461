import path from 'node:path';
import {
  Forensics,
  type ForensicsOptions,
} from '../../../../modules/monitoring/forensics/forensics.ts';
import { asJson, type Source } from '../../../../modules/monitoring/forensics/source.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

export const quick: Source = {
  file: 'quick.json',
  deadlineMs: 5000,
  gather: ({ ring }) => Promise.resolve(asJson({ entries: ring.length })),
};

/** Below a folder of the test's own, with time that the test moves and one quick source. */
export function openForensics(home: string, change: Partial<ForensicsOptions> = {}) {
  const clock = new FakeClock();
  const logged: string[] = [];
  const note = (message: string, fields = {}): void => {
    const { error } = fields as { error?: Error };
    logged.push([message, error?.message].filter(Boolean).join(': '));
  };
  const log = { info: note, warn: note, error: note };
  const folder = path.join(home, 'data', 'monitoring', 'events');
  const sources = [quick];
  const forensics = new Forensics({ folder, clock, log, sources, freeBytesMin: 0, ...change });
  return { forensics, clock, logged, folder: change.folder ?? folder };
}
