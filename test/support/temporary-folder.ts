import { after } from 'mocha';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeSegments } from './shared-segment.ts';

/** Makes fresh folders with short paths and mode 0700; all go after the suite that asked for them. */
export function temporaryFolders(): () => string {
  const folders: string[] = [];
  after(() => {
    for (const folder of folders) {
      removeSegments(folder);
      rmSync(folder, { recursive: true, force: true });
    }
  });
  return () => {
    const folder = mkdtempSync(join('/tmp', 'sb-'));
    folders.push(folder);
    return folder;
  };
}
