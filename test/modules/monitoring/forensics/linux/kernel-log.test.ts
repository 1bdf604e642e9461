import { expect } from 'chai';
import { describe, it } from 'mocha';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import path from 'node:path';
import {
  gatherKernelLog,
  parseKernelRecord,
} from '../../../../../modules/monitoring/forensics/linux/kernel-log.ts';
import { temporaryFolders } from '../../../../support/temporary-folder.ts';

const never = new AbortController().signal;

describe('the kernel’s log', () => {
  const folders = temporaryFolders();
  const all = { sinceMs: 0, nowMs: Date.now() };

  it('is records of level, time since boot and text', () => {
    const record =
      '6,345,17743525520,-;traps: node[32342] trap int3; ip:2155a72\n SUBSYSTEM=acpi\n';
    expect(parseKernelRecord(record)).to.deep.equal({
      ...{ level: 6, sinceBootMs: 17743525.52, text: 'traps: node[32342] trap int3; ip:2155a72' },
    });
    expect(parseKernelRecord('30,1,5,c,caller=T1;from a service')).to.include({ level: 6 });
    for (const garbage of ['', 'x', '6,345', '6,345,12', ' SUBSYSTEM=acpi'])
      expect(parseKernelRecord(garbage), garbage).to.equal(null);
  });

  it('is told in its window, with about the time', async function () {
    const first = firstRecord();
    if (first === null) {
      if (this.test) this.test.title += ' (skipped: this user may not read /dev/kmsg)';
      return this.skip();
    }
    const text = parseKernelRecord(first)?.text ?? '';
    const { data, note } = await gatherKernelLog('/dev/kmsg', all, never);
    expect(String(data).split('\n')[0]).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z <\d> /);
    expect(String(data).split('\n')[0]?.endsWith(text)).to.equal(true);
    expect(note).to.equal(null);
    const future = { sinceMs: all.nowMs + 86_400_000, nowMs: all.nowMs };
    expect((await gatherKernelLog('/dev/kmsg', future, never)).data).to.equal('');
    const stopped = await gatherKernelLog('/dev/kmsg', all, AbortSignal.abort());
    expect(stopped.note).to.match(/^its time was up/);
  });

  it('is missing with a reason', async () => {
    const missing = path.join(folders(), 'kmsg');
    const refused = await gatherKernelLog(missing, all, never).catch((error: unknown) => error);
    expect(refused).to.have.property(
      'message',
      'there is no kernel log here, as in most containers',
    );
  });
});

/** Null where it may not be read. */
function firstRecord(): string | null {
  let fd: number | null = null;
  try {
    fd = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
    const buffer = Buffer.alloc(16_384);
    return buffer.toString('utf8', 0, readSync(fd, buffer));
  } catch {
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}
