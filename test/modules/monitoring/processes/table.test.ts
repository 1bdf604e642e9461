import { expect } from 'chai';
import { describe, it } from 'mocha';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IoCounters } from '../../../../modules/monitoring/processes/counters.ts';
import { readTable } from '../../../../modules/monitoring/processes/table.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';

interface Written {
  readonly pid: number;
  readonly parentPid?: number;
  readonly threads?: number;
  readonly startTicks?: number;
  readonly flags?: number;
  readonly ranNs?: number | null;
  readonly bytes?: number;
  readonly name?: string;
}

const clock = { monotonicMs: () => 0 };
const kernelThread = 0x0020_0000;

describe('a pass over /proc', () => {
  const temporaryFolder = temporaryFolders();

  function write(folder: string, written: Written): void {
    const { pid, parentPid = 1, threads = 1, startTicks = 7, flags = 0, ranNs = 5 } = written;
    const fields = [parentPid, 1, 1, 0, -1, flags, 0, 0, 0, 0, 1, 1, 0, 0, 20, 0, threads, 0];
    mkdirSync(join(folder, `${pid}`), { recursive: true });
    const put = (name: string, text: string) => writeFileSync(join(folder, `${pid}`, name), text);
    put('stat', `${pid} (${written.name ?? 'x'}) S ${fields.join(' ')} ${startTicks} 0 3 0\n`);
    if (ranNs !== null) put('schedstat', `${ranNs} 6 1\n`);
    put('io', `read_bytes: ${written.bytes ?? 0}\nwrite_bytes: 0\n`);
  }

  /** What is known of the reading of one process after each of these. */
  async function readsOf(...moments: readonly Omit<Written, 'pid'>[]): Promise<(number | null)[]> {
    const folder = temporaryFolder();
    const reads: (IoCounters | null)[] = [];
    let table = null;
    for (const moment of moments) {
      write(folder, { pid: 9, ...moment });
      table = await readTable(folder, clock, table);
      reads.push(table?.get(9)?.io ?? null);
    }
    return reads.map((io) => io?.readBytes ?? null);
  }

  for (const { what, moments, reads } of [
    { what: 'that has run', moments: [{ bytes: 1 }, { bytes: 2, ranNs: 6 }], reads: [1, 2] },
    { what: 'that has not run', moments: [{ bytes: 1 }, { bytes: 2 }], reads: [1, 1] },
    {
      what: 'of which other threads may have run',
      moments: [
        { bytes: 1, threads: 2 },
        { bytes: 2, threads: 2 },
      ],
      reads: [1, 2],
    },
    {
      what: 'of which the kernel does not say whether it has',
      moments: [
        { bytes: 1, ranNs: null },
        { bytes: 2, ranNs: null },
      ],
      reads: [1, 2],
    },
    {
      what: 'whose pid was another’s',
      moments: [{ bytes: 1 }, { bytes: 2, startTicks: 8 }],
      reads: [1, 2],
    },
    { what: 'of the kernel', moments: [{ bytes: 1, flags: kernelThread }], reads: [null] },
  ]) {
    const last = reads.at(-1) ?? null;
    it(`has ${last === null ? 'no' : last === 1 ? 'the earlier' : 'the new'} reads of a process ${what}`, async () => {
      expect(await readsOf(...moments)).to.deep.equal(reads);
    });
  }

  it('names a program whose first thread has a name of its own, by its file where that may be seen', async () => {
    const folder = temporaryFolder();
    write(folder, { pid: 7, name: 'MainThread' });
    write(folder, { pid: 8, name: 'node-MainThread' });
    write(folder, { pid: 9, name: 'Main' });
    symlinkSync('/opt/bots/node-25', join(folder, '8/exe'));
    const table = await readTable(folder, clock, null);
    expect([7, 8, 9].map((pid) => table?.get(pid)?.name)).to.deep.equal([
      'node',
      'node-25',
      'Main',
    ]);
  });

  it('fails where it cannot look, rather than to tell of fewer than there are', async () => {
    const folder = temporaryFolder();
    write(folder, { pid: 9 });
    // As good as any other error that does not come of the end of a process.
    mkdirSync(join(folder, '10', 'stat'), { recursive: true });
    const error = await readTable(folder, clock, null).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'EISDIR' });
  });

  it('has no child that ended before its parent was looked at', async () => {
    const folder = temporaryFolder();
    const children = Array.from({ length: 20 }, (_, index) => 100 + index);
    for (const pid of children) write(folder, { pid, parentPid: 900 });
    write(folder, { pid: 900, parentPid: 1 });
    let looked = 0;
    const table = await readTable(
      folder,
      {
        monotonicMs() {
          looked += 1;
          const isLast = looked === children.length + 1;
          for (const pid of isLast ? children : [])
            rmSync(join(folder, `${pid}`), { recursive: true });
          return looked;
        },
      },
      null,
    );
    const left = [...(table?.keys() ?? [])];
    expect(left.filter((pid) => pid !== 900)).to.deep.equal([]);
  });
});
