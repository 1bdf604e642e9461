import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  kilobytes,
  parseCpu,
  parseLoad,
  parseMemory,
  parseNetwork,
  parseUptimeMs,
} from '../../../daemon/resources/proc-machine.ts';

const stat = `cpu  2168881 94909 617556 1590699 49211 100 6463 9464 500 300
cpu0 1072432 47922 301736 826957 14131 0 651 4572 0 0
intr 1 2 3
btime 1795301400
`;
const meminfo = `MemTotal:       24684084 kB
MemFree:        24026400 kB
MemAvailable:   18513063 kB
Buffers:            6016 kB
`;
const netDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 7273591115 1217847    0    0    0     0          0         0 7273591115 1217847    0    0    0     0       0          0
  eth0: 1844368664   59680    0    0    0     0          0         0  7117095   47907    0    0    0     0       0          0
veth1@if2:     36       1    0    0    0     0          0         0        5       1    0    0    0     0       0          0
`;

describe('the machine as /proc tells it (row 79)', () => {
  it('is busy with everything but idling and waiting for a disk', () => {
    const all = 2_168_881 + 94_909 + 617_556 + 1_590_699 + 49_211 + 100 + 6463 + 9464;
    const idle = 1_590_699 + 49_211;
    expect(parseCpu(stat, 10)).to.deep.equal({ busyMs: (all - idle) * 10, totalMs: all * 10 });
  });

  it('uses the memory that is not available', () => {
    expect(parseMemory(meminfo)).to.deep.equal({
      memory_bytes: (24_684_084 - 18_513_063) * 1024,
      memory_percent: 25,
    });
  });

  it('has a load over three spans', () => {
    expect(parseLoad('0.49 0.47 11.72 1/97 5665\n')).to.deep.equal([0.49, 0.47, 11.72]);
  });

  it('has sent and received over every interface but loopback', () => {
    expect(parseNetwork(netDev)).to.deep.equal({
      network_recv_bytes: 1_844_368_700,
      network_sent_bytes: 7_117_100,
    });
  });

  it('has been up for so many milliseconds', () => {
    expect(parseUptimeMs('23040.25 44000.10\n')).to.equal(23_040_250);
  });

  it('is not known, never 0, where the kernel does not tell it', () => {
    expect(parseCpu('', 10)).to.equal(null);
    expect(parseCpu('cpu 1 2\n', 10)).to.equal(null);
    const noMemory = { memory_bytes: null, memory_percent: null };
    expect(parseMemory('')).to.deep.equal(noMemory);
    // As before Linux 3.14.
    expect(parseMemory('MemTotal: 100 kB\n')).to.deep.equal(noMemory);
    expect(parseLoad('')).to.equal(null);
    const noNetwork = { network_recv_bytes: null, network_sent_bytes: null };
    expect(parseNetwork('')).to.deep.equal(noNetwork);
    expect(parseUptimeMs('')).to.equal(null);
    expect(kilobytes('Rss:  1848 kB\n', 'Pss')).to.equal(null);
  });

  it('does not take another line for the one that is looked for', () => {
    expect(kilobytes('SwapPss:   5 kB\nPss_Anon:   7 kB\nPss:      322 kB\n', 'Pss')).to.equal(322);
  });
});
