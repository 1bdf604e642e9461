import { expect } from 'chai';
import { describe, it } from 'mocha';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  gatherGroupPressure,
  parsePressureLines,
} from '../../../../../modules/monitoring/forensics/linux/group-pressure.ts';
import { temporaryFolders } from '../../../../support/temporary-folder.ts';

const never = new AbortController().signal;
const stalls =
  'some avg10=12.50 avg60=3.00 avg300=0.10 total=4711\nfull avg10=1.00 avg60=0.00 avg300=0.00 total=12\n';
const full = { avg10: 1, avg60: 0, avg300: 0, total: 12 };

describe('the pressure of control groups', () => {
  const folders = temporaryFolders();

  /** As on a host with systemd: `text` by path. */
  function hostWith(files: Readonly<Record<string, string>>): string {
    const root = folders();
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), text);
    }
    return root;
  }
  const told = async (root: string, signal = never) => {
    const { data, note } = await gatherGroupPressure(root, signal);
    const told = JSON.parse(String(data)) as { groups: Record<string, unknown>[] };
    const [host, ...groups] = told.groups;
    return { host: host?.['pressure'] as Record<string, unknown>, groups, note };
  };
  const mounts = (folder: string): string =>
    `30 23 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n` +
    `31 23 0:28 / ${folder} rw,nosuid - cgroup2 cgroup2 rw\n`;

  it('is read as the kernel writes it', () => {
    expect(parsePressureLines(stalls)).to.deep.equal({
      some: { avg10: 12.5, avg60: 3, avg300: 0.1, total: 4711 },
      full,
    });
    expect(parsePressureLines('')).to.deep.equal({});
  });

  it('is that of every group below the host’s own, with its memory and its throttling', async () => {
    const top = 'sys/fs/cgroup/unified';
    const root = hostWith({
      'proc/self/mountinfo': mounts('/sys/fs/cgroup/unified'),
      'proc/pressure/io': stalls,
      [`${top}/cpu.pressure`]: stalls,
      [`${top}/system.slice/disk.service/io.pressure`]: stalls,
      [`${top}/system.slice/disk.service/memory.current`]: '4096\n',
      [`${top}/system.slice/disk.service/memory.events`]: 'low 0\noom_kill 3\n',
      [`${top}/system.slice/disk.service/cpu.stat`]: 'usage_usec 9\nnr_throttled 2\n',
    });
    const { host, groups, note } = await told(root);
    expect(note).to.equal(null);
    expect(host).to.have.nested.property('io.full').that.deep.equals(full);
    expect(groups.map(({ group }) => group)).to.deep.equal([
      ...['/', '/system.slice', '/system.slice/disk.service'],
    ]);
    expect(groups[1]).to.deep.equal({
      ...{ group: '/system.slice', pressure: {}, memory_bytes: null },
      ...{ memory_events: null, cpu: null },
    });
    expect(groups[2]).to.deep.equal({
      group: '/system.slice/disk.service',
      pressure: { io: parsePressureLines(stalls) },
      memory_bytes: 4096,
      memory_events: { low: 0, oom_kill: 3 },
      cpu: { usage_usec: 9, nr_throttled: 2 },
    });
  });

  it('is not there on a kernel without it, nor when the time was up before it began', async () => {
    const refused = await gatherGroupPressure(folders(), never).catch((error: unknown) => error);
    expect(refused).to.be.an('error');
    expect((refused as Error).message).to.match(/tells no pressure/);
    const slow = AbortSignal.abort(new Error('it took longer than 5 s'));
    const nothing = await gatherGroupPressure('/', slow).catch((error: unknown) => error);
    expect(nothing).to.have.property('message', 'it took longer than 5 s');
  });

  it('of this host is what its own files say', async function () {
    if (!existsSync('/proc/pressure/cpu')) {
      if (this.test) this.test.title += ' (skipped: this kernel has no /proc/pressure)';
      return this.skip();
    }
    const { host } = await told('/');
    expect(Object.keys(host)).to.deep.equal(['cpu', 'memory', 'io']);
    expect(host).to.have.nested.property('cpu.some.total').that.is.greaterThan(0);
  });
});
