import { expect } from 'chai';
import { describe, it } from 'mocha';
import { cgroupFolders } from '../../../../../modules/monitoring/host/linux/cgroup-folders.ts';

const unified = '31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate';
const hybrid = [
  '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
  '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct',
  '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
  '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
].join('\n');

describe('monitoring/host/linux: the control groups of this process', () => {
  it('goes from its own group up to the top, with version 2', () => {
    const groups = '0::/system.slice/superbot.service\n';
    expect(cgroupFolders('memory', groups, unified)).to.deep.equal({
      version: 2,
      folders: [
        '/sys/fs/cgroup/system.slice/superbot.service',
        '/sys/fs/cgroup/system.slice',
        '/sys/fs/cgroup',
      ],
    });
  });

  it('takes each controller from the hierarchy that has it, where both versions are mounted', () => {
    const groups = '4:memory:/box/a\n1:cpu,cpuacct:/\n0::/\n';
    expect(cgroupFolders('memory', groups, hybrid)).to.deep.equal({
      version: 1,
      folders: [
        '/sys/fs/cgroup/memory/box/a',
        '/sys/fs/cgroup/memory/box',
        '/sys/fs/cgroup/memory',
      ],
    });
    expect(cgroupFolders('cpu', groups, hybrid)).to.deep.equal({
      version: 1,
      folders: ['/sys/fs/cgroup/cpu,cpuacct'],
    });
  });

  it('finds itself where a container sees only its own part of the hierarchy', () => {
    const bound = '31 23 0:28 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw';
    expect(cgroupFolders('cpu', '0::/docker/abc/child\n', bound)?.folders).to.deep.equal([
      '/sys/fs/cgroup/child',
      '/sys/fs/cgroup',
    ]);
    expect(cgroupFolders('cpu', '0::/docker/abc\n', bound)?.folders).to.deep.equal([
      '/sys/fs/cgroup',
    ]);
    expect(cgroupFolders('cpu', '0::/docker/abcdef\n', bound)?.folders).to.deep.equal([
      '/sys/fs/cgroup',
    ]);
  });

  it('takes the mount that shows it, and the last one where one hides another', () => {
    const mounts = [
      '31 23 0:28 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw',
      '32 31 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup rw',
      '33 23 0:28 /docker/xyz /mnt/other rw - cgroup2 cgroup rw',
    ].join('\n');
    expect(cgroupFolders('cpu', '0::/docker/abc\n', mounts)?.folders).to.deep.equal([
      '/sys/fs/cgroup/docker/abc',
      '/sys/fs/cgroup/docker',
      '/sys/fs/cgroup',
    ]);
  });

  it('takes the top where it is in a group that cannot be seen from here', () => {
    expect(cgroupFolders('cpu', '0::/../other\n', unified)?.folders).to.deep.equal([
      '/sys/fs/cgroup',
    ]);
  });

  it('reads a mount point with a space', () => {
    const spaced = '31 23 0:28 / /mnt/c\\040groups rw - cgroup2 cgroup2 rw';
    expect(cgroupFolders('cpu', '0::/\n', spaced)?.folders).to.deep.equal(['/mnt/c groups']);
  });

  it('knows of no groups where nothing is mounted, or the kernel tells nothing', () => {
    expect(cgroupFolders('cpu', '0::/\n', '1 2 0:3 / / rw - ext4 /dev/vda rw')).to.equal(null);
    expect(cgroupFolders('cpu', null, unified)).to.equal(null);
    expect(cgroupFolders('cpu', '0::/\n', null)).to.equal(null);
    expect(cgroupFolders('cpu', '3:memory:/a\n', unified)).to.equal(null);
  });
});
