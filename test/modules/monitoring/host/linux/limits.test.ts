// Under real limits: a control group is made, and a process looks from within it.
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { HostSample } from '../../../../../modules/monitoring/sample.ts';

const mounted = '/sys/fs/cgroup';
const mib = 1024 * 1024;
const reason = whyNot();

describe(`monitoring/host/linux: in a group with limits${reason ? ` — skipped: ${reason}` : ''}`, () => {
  before(function () {
    if (reason !== null) this.skip();
  });

  it('has the quota, the share of time without it, and the memory that is left (row 46)', async () => {
    const { groups, close } = makeGroups();
    try {
      const sample = await sampleWithin(groups);
      expect(sample.cpu.cores).to.equal(0.05);
      expect(sample.cpu.onlineCores).to.be.at.least(1);
      expect(sample.container?.throttledPercent).to.be.within(1, 100);
      expect(sample.container).to.deep.include({
        quotaCores: 0.05,
        memoryMaxBytes: 512 * mib,
        oomKills: 0,
      });
      // The program that looks has some of it itself.
      expect(sample.container?.memoryBytes).to.be.within(1, 512 * mib);
      expect(sample.memory.totalBytes).to.equal(512 * mib);
      expect(sample.memory.availableBytes).to.be.within(1, 512 * mib - 1);
    } finally {
      close();
    }
  });
});

/** Burns in there until it has been held back, and then tells what it saw. */
async function sampleWithin(groups: readonly string[]): Promise<HostSample> {
  const host = new URL('../../../../../modules/monitoring/host/host.js', import.meta.url).href;
  const program = `
    import { writeFileSync } from 'node:fs';
    import { openHost } from ${JSON.stringify(host)};
    const host = openHost({ tell: console.error });
    for (const group of ${JSON.stringify(groups)}) writeFileSync(group + '/cgroup.procs', String(process.pid));
    for (let before = host.look(), sample; ; ) {
      sample = host.sampleBetween(before, host.look());
      if (!(sample.container?.throttledPercent > 1)) continue;
      console.log(JSON.stringify(sample));
      break;
    }`;
  const args = ['--input-type=module', '-e', program];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: 50_000 });
  expect(stderr).to.equal('');
  return JSON.parse(stdout) as HostSample;
}

/**
 * A twentieth of a core, which it gets on a busy machine too, and 512 MiB, in one group of version 2 or in two of version 1.
 */
function makeGroups(): { groups: string[]; close: () => void } {
  const name = `sb-test-${process.pid}`;
  const isOne = existsSync(join(mounted, 'cpu'));
  const groups = (isOne ? ['cpu', 'memory'] : ['']).map((hierarchy) =>
    join(mounted, hierarchy, name),
  );
  for (const group of groups) mkdirSync(group);
  const write = (file: string, text: string): void => writeFileSync(join(mounted, file), text);
  if (isOne) {
    write(`cpu/${name}/cpu.cfs_period_us`, '20000');
    write(`cpu/${name}/cpu.cfs_quota_us`, '1000');
    write(`memory/${name}/memory.limit_in_bytes`, String(512 * mib));
  } else {
    write(`${name}/cpu.max`, '1000 20000');
    write(`${name}/memory.max`, String(512 * mib));
  }
  return {
    groups,
    close: () => {
      for (const group of groups) rmdirSync(group);
    },
  };
}

/** Null when groups with limits can be made here. */
function whyNot(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root may make groups';
  if (existsSync(join(mounted, 'cpu/cpu.cfs_quota_us')) && existsSync(join(mounted, 'memory')))
    return null;
  const control = join(mounted, 'cgroup.subtree_control');
  const controllers = existsSync(control) ? readFileSync(control, 'utf8').split(/\s+/) : [];
  if (['cpu', 'memory'].every((controller) => controllers.includes(controller))) return null;
  return 'no hierarchy here hands on both cpu and memory';
}
