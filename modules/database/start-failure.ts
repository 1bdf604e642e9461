/** What a server's last words mean when it did not start. Pure. */

export type StartFailure =
  /** A process of an earlier server is still there, which is dealt with. */
  | { readonly kind: 'orphan' }
  /** Somebody has to do something first. */
  | { readonly kind: 'configuration'; readonly advice: string }
  | { readonly kind: 'unknown'; readonly advice: string | null };

/** @param lines in English, as they are under LC_ALL=C */
export function startFailure(lines: readonly string[]): StartFailure {
  const text = lines.join('\n');
  if (/pre-existing shared memory block .* is still in use/s.test(text)) return { kind: 'orphan' };
  if (
    /database files are incompatible with server|was initialized by PostgreSQL version/.test(text)
  )
    return {
      kind: 'configuration',
      advice: 'set SUPERBOT_PG_BIN to the programs of the version that made it',
    };
  if (/lock file ".*" already exists/.test(text))
    return {
      kind: 'unknown',
      advice: 'another server has this folder, or its socket: end that one first',
    };
  if (/No space left on device|Disk quota exceeded/.test(text))
    return { kind: 'unknown', advice: 'the disk is full: free some space, nothing is lost' };
  if (/could not (create|map) .*shared memory/.test(text))
    return {
      kind: 'unknown',
      advice:
        'there is too little shared memory: give the container more (such as --shm-size=256m)',
    };
  if (/Permission denied|has wrong ownership|has invalid permissions/.test(text))
    return {
      kind: 'configuration',
      advice: 'the folder must belong, with all that is in it, to whom the server is run as',
    };
  if (/could not locate a valid checkpoint record|invalid checkpoint record/.test(text))
    return {
      kind: 'configuration',
      advice: 'its files are damaged: keep the folder, and restore a backup',
    };
  return { kind: 'unknown', advice: null };
}
