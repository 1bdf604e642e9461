import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readFileSync } from 'node:fs';
import { needsPostgres } from '../modules/api/database/open-databases.ts';
import { sharedServer, TestPostgres } from './postgres.ts';
import { until } from './until.ts';

describe('the folder of a server that was killed', () => {
  needsPostgres();

  it('takes its shared memory along when it is removed, and that of no other', async () => {
    const [killed, other] = [await TestPostgres.start(), await sharedServer()];
    const [pid, otherPid] = [killed.pid, other.pid];
    try {
      await killed.stop('SIGKILL');
      // The others of its processes notice it a moment later.
      await until('nobody uses it', () => attached().get(pid) === 0);
      await killed.dispose();
      expect(attached().has(pid)).to.equal(false);
      expect(attached().get(otherPid)).to.be.above(0);
    } finally {
      await killed.dispose();
    }
  });
});

/** How many processes use the shared memory that each process has made. */
function attached(): Map<number, number> {
  const lines = readFileSync('/proc/sysvipc/shm', 'utf8').trim().split('\n').slice(1);
  return new Map(
    lines.map((line) => {
      const numbers = line.trim().split(/ +/).map(Number);
      return [numbers[4] ?? 0, numbers[6] ?? 0];
    }),
  );
}
