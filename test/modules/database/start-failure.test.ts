import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startFailure } from '../../../modules/database/start-failure.ts';

/** Last words of real servers, and what is made of them. */
const table: [words: string, kind: string, advice: RegExp | null][] = [
  [
    'FATAL:  pre-existing shared memory block (key 805, ID 3) is still in use\nHINT:  Terminate any old server processes associated with data directory "/x/pg".',
    'orphan',
    null,
  ],
  ['FATAL:  lock file "postmaster.pid" already exists', 'unknown', /end that one first/],
  [
    'FATAL:  database files are incompatible with server\nDETAIL:  The data directory was initialized by PostgreSQL version 15, which is not compatible with this version 18.4.',
    'configuration',
    /SUPERBOT_PG_BIN/,
  ],
  [
    'PANIC:  could not write to file "pg_wal/xlogtemp.42": No space left on device',
    'unknown',
    /disk is full: free some space/,
  ],
  [
    'FATAL:  could not create lock file "postmaster.pid": Disk quota exceeded',
    'unknown',
    /disk is full/,
  ],
  [
    'FATAL:  could not map anonymous shared memory: Cannot allocate memory',
    'unknown',
    /--shm-size/,
  ],
  ['FATAL:  data directory "/x/pg" has wrong ownership', 'configuration', /must belong/],
  [
    'PANIC:  could not locate a valid checkpoint record at 0/1',
    'configuration',
    /restore a backup/,
  ],
  ['FATAL:  something that nobody has thought of', 'unknown', null],
  ['', 'unknown', null],
];

describe('the last words of a server that did not start', () => {
  for (const [words, kind, advice] of table) {
    it(`"${words.slice(0, 50)}" is ${kind}, ${advice?.source ?? 'no advice'}`, () => {
      const failure = startFailure(words.split('\n'));
      expect(failure.kind).to.equal(kind);
      const given = 'advice' in failure ? failure.advice : null;
      if (advice === null) expect(given).to.equal(null);
      else expect(given).to.match(advice);
    });
  }
});
