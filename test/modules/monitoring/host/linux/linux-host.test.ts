import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openHost } from '../../../../../modules/monitoring/host/host.ts';
import type { HostLook } from '../../../../../modules/monitoring/host/look.ts';
import type { HostSample } from '../../../../../modules/monitoring/sample.ts';
import { temporaryFolders } from '../../../../support/temporary-folder.ts';

const newFolder = temporaryFolders();
const cpus = 'sys/devices/system/cpu';

describe('monitoring/host/linux: a machine of files', () => {
  let root: string;
  let told: string[];

  beforeEach(() => {
    root = newFolder();
    told = [];
  });

  function write(files: Record<string, string>): void {
    for (const [path, text] of Object.entries(files)) {
      const file = join(root, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  /** The sample between a look, a change of files, and a look. */
  function sampleAcross(change: Record<string, string>): HostSample {
    const host = openHost({ root, tell: (message) => told.push(message), platform: 'linux' });
    const before = host.look();
    write(change);
    return host.sampleBetween(before, host.look());
  }

  function look(): HostLook {
    return openHost({ root, tell: (message) => told.push(message), platform: 'linux' }).look();
  }

  it('runs where there are no files at all: null, and nothing is told (row 46)', () => {
    const sample = sampleAcross({});
    expect(sample.pressure).to.deep.equal({ cpu: null, memory: null, io: null });
    expect(sample.thermal).to.deep.equal({ celsius: null, cpuMhz: null, isThrottled: null });
    expect(sample.cpu).to.deep.include({ load1: null, stealPercent: null });
    expect(sample.container).to.equal(null);
    expect(told).to.deep.equal([]);
  });

  it('tells once of a file that is there and cannot be read, and goes on without it', () => {
    // A folder in the place of a file: what a reader gets is neither text nor absence.
    mkdirSync(join(root, 'proc/pressure/io'), { recursive: true });
    write({ 'proc/loadavg': '1.00 2.00 3.00 1/1 1\n' });
    const host = openHost({ root, tell: (message) => told.push(message), platform: 'linux' });
    for (let again = 0; again < 3; again++) {
      expect(host.look().pressure.io).to.equal(null);
      expect(host.look().cpu.load).to.deep.equal([1, 2, 3]);
    }
    expect(told).to.deep.equal([
      'cannot read /proc/pressure/io (EISDIR), so what it says is unknown',
    ]);
  });

  it('counts whole disks, and no request twice', () => {
    const line = (name: string): string => ` 1 1 ${name} 1 0 8 0 1 0 8 0 0 10 10\n`;
    const names = [
      'sda',
      'sda1',
      'nvme0n1',
      'nvme0n1p2',
      'nvme0c0n1',
      'dm-0',
      'md127',
      'cciss/c0d0',
    ];
    write({ 'proc/diskstats': [...names, 'loop3', 'zram0'].map(line).join('') });
    for (const name of ['sda', 'nvme0n1', 'nvme0c0n1', 'cciss!c0d0', 'loop3', 'zram0'])
      write({ [`sys/block/${name}/size`]: '1' });
    write({ 'sys/block/dm-0/slaves/sda/size': '1', 'sys/block/md127/slaves/sda1/size': '1' });
    expect([...(look().disks?.keys() ?? [])]).to.deep.equal(['sda', 'nvme0n1', 'cciss/c0d0']);
  });

  it('tells whole disks by their names where there is no /sys', () => {
    const names = ['sda', 'sda1', 'vdb2', 'nvme0n1', 'nvme0n1p2', 'mmcblk0', 'mmcblk0p1', 'dm-3'];
    const lines = names.map((name) => ` 1 1 ${name} 1 0 8 0 1 0 8 0 0 10 10\n`);
    write({ 'proc/diskstats': lines.join('') });
    expect([...(look().disks?.keys() ?? [])]).to.deep.equal(['sda', 'nvme0n1', 'mmcblk0']);
  });

  it('counts interfaces of hardware, or in a container all but loopback', () => {
    const line = (name: string): string => `${name}: 10 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0\n`;
    write({ 'proc/net/dev': ['lo', 'eth0', 'docker0', 'veth1'].map(line).join('') });
    expect([...(look().interfaces?.keys() ?? [])]).to.deep.equal(['eth0', 'docker0', 'veth1']);
    write({ 'sys/class/net/eth0/device/vendor': 'x', 'sys/class/net/veth1/mtu': '1500' });
    expect([...(look().interfaces?.keys() ?? [])]).to.deep.equal(['eth0']);
  });

  it('has the hottest zone and the sensor of the processor, and not one that is broken', () => {
    write({ 'sys/class/thermal/thermal_zone0/temp': '-274000\n' });
    expect(look().thermal.celsius).to.equal(null);
    write({
      'sys/class/thermal/thermal_zone1/temp': '48000\n',
      'sys/class/thermal/thermal_zone2/temp': '2147483647\n',
      'sys/class/hwmon/hwmon0/name': 'k10temp\n',
      'sys/class/hwmon/hwmon0/temp1_input': '71250\n',
      'sys/class/hwmon/hwmon0/temp1_max': '95000\n',
      'sys/class/hwmon/hwmon1/name': 'nvme\n',
      'sys/class/hwmon/hwmon1/temp1_input': '88000\n',
    });
    expect(look().thermal.celsius).to.equal(71.25);
  });

  it('is held back when a cooling device slows the processor, and not by a fan', () => {
    write({
      'sys/class/thermal/cooling_device0/type': 'Fan\n',
      'sys/class/thermal/cooling_device0/cur_state': '3\n',
      'sys/class/thermal/cooling_device1/type': 'Processor\n',
      'sys/class/thermal/cooling_device1/cur_state': '0\n',
    });
    expect(sampleAcross({}).thermal.isThrottled).to.equal(false);
    const hot = { 'sys/class/thermal/cooling_device1/cur_state': '2\n' };
    expect(sampleAcross(hot).thermal.isThrottled).to.equal(true);
  });

  it('is throttled when a core counted it, and runs at the mean of its frequencies', () => {
    const counter = (cpu: number, of: string): string => `${cpus}/cpu${cpu}/thermal_throttle/${of}`;
    for (const cpu of [0, 1])
      write({
        [`${cpus}/cpu${cpu}/topology/physical_package_id`]: '0\n',
        [counter(cpu, 'core_throttle_count')]: '5\n',
        [counter(cpu, 'package_throttle_count')]: '9\n',
        [`${cpus}/cpufreq/policy${cpu}/scaling_cur_freq`]: `${1 + cpu}000000\n`,
      });
    const calm = sampleAcross({});
    expect(calm.thermal).to.deep.equal({ celsius: null, cpuMhz: 1500, isThrottled: false });
    const hot = sampleAcross({ [counter(1, 'core_throttle_count')]: '6\n' });
    expect(hot.thermal.isThrottled).to.equal(true);
  });

  describe('with control groups', () => {
    const group = 'sys/fs/cgroup/a.slice/b.service';

    beforeEach(() => {
      write({
        'proc/self/cgroup': '0::/a.slice/b.service\n',
        'proc/self/mountinfo': '31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
        'proc/stat': 'cpu  1 1 1 1 1 1 1 1 0 0\ncpu0 1\ncpu1 1\ncpu2 1\ncpu3 1\n',
        'proc/meminfo': 'MemTotal: 1000 kB\nMemAvailable: 900 kB\n',
      });
    });

    it('has no container where no group has a limit', () => {
      write({ [`${group}/cpu.max`]: 'max 100000\n', [`${group}/memory.max`]: 'max\n' });
      expect(sampleAcross({}).container).to.equal(null);
    });

    it('has the tightest limit of its own group and those around it', () => {
      write({
        [`${group}/cpu.max`]: '200000 100000\n',
        [`${group}/memory.max`]: '500000\n',
        [`${group}/memory.current`]: '100000\n',
        'sys/fs/cgroup/a.slice/cpu.max': '50000 100000\n',
        'sys/fs/cgroup/a.slice/cpu.stat': 'usage_usec 1\nnr_periods 9\nnr_throttled 4\n',
        'sys/fs/cgroup/a.slice/memory.max': '409600\n',
        'sys/fs/cgroup/a.slice/memory.current': '307200\n',
        'sys/fs/cgroup/a.slice/memory.stat':
          'anon 9\ninactive_file 1024\nactive_file 512\nslab_reclaimable 512\n',
        'sys/fs/cgroup/a.slice/memory.events': 'low 0\noom 7\noom_kill 2\n',
      });
      expect(look().container).to.deep.equal({
        cpu: { quotaCores: 0.5, throttledMs: 400 },
        memory: { usedBytes: 307_200, maxBytes: 409_600, reclaimableBytes: 2048, oomKills: 2 },
      });
      const sample = sampleAcross({
        'sys/fs/cgroup/a.slice/memory.events': 'low 0\noom 9\noom_kill 3\n',
      });
      expect(sample.cpu.cores).to.equal(0.5);
      expect(sample.container?.oomKills).to.equal(1);
      expect(sample.memory).to.deep.include({ totalBytes: 409_600, availableBytes: 104_448 });
    });

    it('reads the limits of version 1, where a hybrid host keeps them', () => {
      const one = 'sys/fs/cgroup';
      write({
        'proc/self/cgroup': '4:memory:/box\n1:cpu:/box\n0::/\n',
        'proc/self/mountinfo': [
          '32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu',
          '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
          '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
        ].join('\n'),
        [`${one}/cpu/cpu.cfs_quota_us`]: '-1\n',
        [`${one}/cpu/box/cpu.cfs_quota_us`]: '150000\n',
        [`${one}/cpu/box/cpu.cfs_period_us`]: '100000\n',
        [`${one}/cpu/box/cpu.stat`]: 'nr_periods 5\nnr_throttled 3\nthrottled_time 99\n',
        [`${one}/memory/memory.limit_in_bytes`]: '9223372036854771712\n',
        [`${one}/memory/memory.usage_in_bytes`]: '90000\n',
        [`${one}/memory/box/memory.limit_in_bytes`]: '65536\n',
        [`${one}/memory/box/memory.usage_in_bytes`]: '5000\n',
        [`${one}/memory/box/memory.stat`]: 'total_inactive_file 300\ntotal_active_file 200\n',
        [`${one}/memory/box/memory.oom_control`]: 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
      });
      expect(look().container).to.deep.equal({
        cpu: { quotaCores: 1.5, throttledMs: 300 },
        memory: { usedBytes: 5000, maxBytes: 65_536, reclaimableBytes: 500, oomKills: 1 },
      });
    });

    it('knows nothing of a group that went away under it', () => {
      write({ [`${group}/cpu.max`]: '200000 100000\n' });
      const host = openHost({ root, tell: (message) => told.push(message), platform: 'linux' });
      expect(host.look().container?.cpu?.quotaCores).to.equal(2);
      rmSync(join(root, group), { recursive: true });
      expect(host.look().container).to.equal(null);
      expect(told).to.deep.equal([]);
    });
  });
});
