// The parsers of single files, each with a text of a real kernel and with what is not one.
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { parseDiskstats } from '../../../../../modules/monitoring/host/linux/diskstats.ts';
import { parseLoad } from '../../../../../modules/monitoring/host/linux/loadavg.ts';
import { parseMeminfo } from '../../../../../modules/monitoring/host/linux/meminfo.ts';
import { parseNetDev } from '../../../../../modules/monitoring/host/linux/net-dev.ts';
import { parsePressure } from '../../../../../modules/monitoring/host/linux/pressure.ts';
import { parseRunDelayMs } from '../../../../../modules/monitoring/host/linux/schedstat.ts';
import { parseStat } from '../../../../../modules/monitoring/host/linux/stat.ts';
import { parseVmstat } from '../../../../../modules/monitoring/host/linux/vmstat.ts';

const seed = 8047;
const all = (): boolean => true;

describe(`monitoring/host/linux: the texts of the kernel (seed ${seed})`, () => {
  it('reads /proc/stat: guests are not counted twice, cores are those online', () => {
    const text = [
      'cpu  100 20 30 4000 50 6 7 80 90 9',
      'cpu0 50 10 15 2000 25 3 3 40 45 4',
      'cpu2 50 10 15 2000 25 3 4 40 45 5',
      'intr 68812922 0 0',
      'ctxt 263890647',
      'btime 1795300565',
      'procs_blocked 3',
    ].join('\n');
    expect(parseStat(text, 10)).to.deep.equal({
      onlineCores: 2,
      times: { busyMs: 1630, idleMs: 40_000, ioWaitMs: 500, stealMs: 800 },
      contextSwitches: 263_890_647,
      blockedTasks: 3,
    });
  });

  it('has no times of a kernel whose /proc/stat ends before steal', () => {
    expect(parseStat('cpu  1 2 3 4 5 6 7\n', 10).times).to.equal(null);
  });

  it('reads /proc/schedstat of the versions that it knows', () => {
    const text = (version: number): string =>
      [
        `version ${version}`,
        'timestamp 4294898181',
        'cpu0 0 0 0 0 0 0 5000000000 2000000000 1234',
        'domain0 3 99 88 77',
        'cpu1 0 0 0 0 0 0 5000000000 500000000 1234',
      ].join('\n');
    expect(parseRunDelayMs(text(15))).to.equal(2500);
    expect(parseRunDelayMs(text(17))).to.equal(2500);
    expect(parseRunDelayMs(text(14))).to.equal(null);
    expect(parseRunDelayMs(null)).to.equal(null);
  });

  it('reads /proc/loadavg', () => {
    expect(parseLoad('0.34 1.75 13.22 1/355 3111\n')).to.deep.equal([0.34, 1.75, 13.22]);
    expect(parseLoad('0.34 1.75')).to.equal(null);
  });

  it('reads /proc/meminfo, with no available memory on a kernel that does not tell it', () => {
    const text =
      'MemTotal:       1000 kB\nMemAvailable:    250 kB\nSwapTotal: 30 kB\nSwapFree: 10 kB\n';
    expect(parseMeminfo(text)).to.deep.equal({
      totalBytes: 1_024_000,
      availableBytes: 256_000,
      swapUsedBytes: 20_480,
    });
    expect(parseMeminfo('MemTotal:       1000 kB\n')).to.deep.equal({
      totalBytes: 1_024_000,
      availableBytes: null,
      swapUsedBytes: null,
    });
  });

  it('reads /proc/vmstat in pages of this machine', () => {
    const text = 'nr_free_pages 5\npswpin 2\npswpout 3\npgfault 9\npgmajfault 7\nzswpin 99\n';
    expect(parseVmstat(text, 16_384)).to.deep.equal({
      majorFaults: 7,
      swapInBytes: 32_768,
      swapOutBytes: 49_152,
    });
  });

  it('reads /proc/diskstats with any number of columns, of the devices that count', () => {
    const text = [
      '   7       0 loop0 1 1 1 1 1 1 1 1 1 1 1',
      ' 254       0 vda 100 1 20 5 200 2 40 6 0 77 88 1 1 1 1 1 1',
      ' 254       1 vda1 100 1 20 5 200 2 40 6 0 77 88',
      ' 254       9 cut 100 1',
    ].join('\n');
    const disks = parseDiskstats(text, (name) => name === 'vda' || name === 'cut');
    expect([...(disks ?? [])]).to.deep.equal([
      ['vda', { readBytes: 10_240, writtenBytes: 20_480, busyMs: 77 }],
    ]);
  });

  it('reads /proc/net/dev, also a counter that touches its colon, and an alias', () => {
    const text = [
      'Inter-|   Receive                                                |  Transmit',
      ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets',
      '    lo: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0',
      '  eth0:3282088858  111999    0    0    0     0          0         0 13564175   92308 0 0 0 0 0 0',
      'eth0:1: 3 1 0 0 0 0 0 0 4 1 0 0 0 0 0 0',
    ].join('\n');
    expect([...(parseNetDev(text, (name) => name !== 'lo') ?? [])]).to.deep.equal([
      ['eth0', { receivedBytes: 3_282_088_858, sentBytes: 13_564_175 }],
      ['eth0:1', { receivedBytes: 3, sentBytes: 4 }],
    ]);
  });

  it('reads /proc/pressure, and nothing of "full" for the processor, which means nothing', () => {
    const text =
      'some avg10=2.29 avg60=4.79 avg300=18.16 total=30569066837\n' +
      'full avg10=1.00 avg60=0.50 avg300=0.25 total=2500\n';
    expect(parsePressure(text, { isCpu: false })).to.deep.equal({
      some: { average10: 2.29, totalMs: 30_569_066.837 },
      full: { average10: 1, totalMs: 2.5 },
    });
    expect(parsePressure(text, { isCpu: true })?.full).to.equal(null);
    // Before 5.13 the file of the processor had this line alone.
    expect(parsePressure(text.split('\n')[0] ?? '', { isCpu: false })?.full).to.equal(null);
  });

  it('never makes a number of what is none, nor throws', () => {
    const junk = fc.oneof(
      fc.string(),
      fc.constantFrom('cpu  1 2 x 4 5 6 7 8', 'some avg10=nan total=1', 'MemTotal: -1 kB'),
      fc
        .array(fc.constantFrom('cpu', 'cpu0', ' ', '1', '-', '.', ':', '\n', 'e9', 'vda', 'total='))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(junk, (text) => {
        const read = [
          parseStat(text, 10),
          parseRunDelayMs(text),
          parseLoad(text),
          parseMeminfo(text),
          parseVmstat(text, 4096),
          [...(parseDiskstats(text, all) ?? [])],
          [...(parseNetDev(text, all) ?? [])],
          parsePressure(text, { isCpu: false }),
        ];
        expect(JSON.stringify(read, marked)).to.not.include('not finite');
      }),
      { seed, numRuns: 500 },
    );
  });

  it('is null of a file that is not there', () => {
    expect(parseStat(null, 10)).to.deep.equal({
      onlineCores: null,
      times: null,
      contextSwitches: null,
      blockedTasks: null,
    });
    expect(parseLoad(null)).to.equal(null);
    expect(parseDiskstats(null, all)).to.equal(null);
    expect(parseNetDev(null, all)).to.equal(null);
    expect(parsePressure(null, { isCpu: false })).to.equal(null);
  });
});

function marked(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? 'not finite' : value;
}
