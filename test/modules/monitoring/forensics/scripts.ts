// Programs of a test's own, found where the host's would be.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../../../../modules/monitoring/forensics/program.ts';

/** @param scripts the text of each shell script by its name */
export function scriptsIn(folder: string, scripts: Readonly<Record<string, string>>): Environment {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(scripts))
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return { PATH: folder };
}
