/**
 * Loaded into daemon and keeper with `--import`, its URL's query naming a folder: at each SIGUSR2 the
 * program collects its garbage and writes the bytes that are still in use to `<folder>/<pid>`.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// As a flag of the command line it would have to be the daemon's, who passes on none to the keeper.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** What finalizers let go of is found by the next one. */
const collections = 3;

process.on('SIGUSR2', () => {
  for (let n = 0; n < collections; n++) collect();
  const path = join(new URL(import.meta.url).searchParams.get('folder') ?? '', String(process.pid));
  writeFileSync(`${path}.new`, String(process.memoryUsage().heapUsed));
  renameSync(`${path}.new`, path);
});
