// Under load that stress-ng makes (Debian: stress-ng). The machine has other work as well, so nothing is
// asserted of a moment: each test waits until the host tells what must show sooner or later, or fails.
import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { culpritsOf } from '../../../modules/monitoring/culprits.ts';
import type { Culprit } from '../../../modules/monitoring/happening.ts';
import { openHost } from '../../../modules/monitoring/host/host.ts';
import type { HostLook } from '../../../modules/monitoring/host/look.ts';
import { ProcessWatch } from '../../../modules/monitoring/processes/watch.ts';
import type { HostSample, ProcessShare } from '../../../modules/monitoring/sample.ts';
import { firstBaseline, ioSpike, learn } from '../../../modules/monitoring/stress/io-baseline.ts';
import { scoreStress } from '../../../modules/monitoring/stress/score.ts';
import { calm } from '../../../modules/monitoring/stress.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const isMissing = spawnSync('stress-ng', ['--version']).error !== undefined;
const reason = isMissing ? ' — skipped: there is no stress-ng here (Debian: stress-ng)' : '';

describe(`a host under load (row 47)${reason}`, function () {
  before(function () {
    if (isMissing || process.platform !== 'linux') this.skip();
  });

  const temporaryFolder = temporaryFolders();
  let load: ChildProcess | null = null;
  afterEach(ended);

  function begin(...args: readonly string[]): void {
    load = spawn('stress-ng', [...args, '--quiet', '--temp-path', temporaryFolder()], {
      ...{ detached: true, stdio: 'ignore' },
    });
  }

  /** With all its workers. */
  async function ended(): Promise<void> {
    if (load?.pid === undefined) return;
    const closed = once(load, 'close');
    process.kill(-load.pid, 'SIGKILL');
    load = null;
    await closed;
  }

  it('is stressed by load or pressure, and names who burns the processors', async () => {
    const observe = observer();
    await observe();
    begin('--cpu', String(4 * availableParallelism()));
    // On a machine that is busy already the stress is there before; then the culprit alone is news.
    const culprit = await until('the culprit', async () => {
      const { stress, culprits } = await observe();
      const { load, pressure } = stress.parts;
      return load + pressure > 0 ? culpritIn(culprits, 'stress-ng-cpu') : null;
    });
    expect(culprit.why).to.be.oneOf(['cpu', 'wait']);
  });

  it('is stressed by reading and writing, and names who writes', async () => {
    const observe = observer();
    await observe();
    begin('--hdd', '1', '--hdd-bytes', '256M', '--hdd-opts', 'direct,wr-seq');
    const culprit = await until('the culprit', async () => {
      const { stress, culprits } = await observe();
      return stress.parts.io > 0 ? culpritIn(culprits, 'stress-ng-hdd') : null;
    });
    expect(culprit.why).to.be.oneOf(['io', 'stuck']);
  });

  it('is stressed by want of memory, and names who has taken it', async () => {
    const takenBytes = 256 * 1024 ** 2;
    const host = openHost({ tell });
    const watch = new ProcessWatch({ home: null, suspects: [] });
    // On a machine that has four times as much, and three quarters of that in use before. Others free
    // memory meanwhile, and may hide it for once.
    const totalBytes = 4 * takenBytes;
    const availableOf = (look: HostLook): number => look.memory.availableBytes ?? Number.NaN;
    const culprit = await until('the culprit', async () => {
      const before = host.look();
      begin('--vm', '1', '--vm-bytes', '256M', '--vm-keep', '--vm-hang', '0');
      const processes = await until('it has what it wants', async () => {
        const shares = await watch.look();
        const [worker] = workers(shares, 'stress-ng-vm').filter(
          ({ memoryBytes }) => memoryBytes >= takenBytes,
        );
        return worker && shares;
      });
      const sample = host.sampleBetween(null, host.look());
      await ended();
      const lessBytes = availableOf(before) - (sample.memory.availableBytes ?? Number.NaN);
      const availablePercent = 25 - (100 * lessBytes) / totalBytes;
      const memory = { ...sample.memory, availablePercent };
      const { parts } = scoreStress({ ...sample, memory }, { latencyRatio: 1, ioSpike: null });
      // To take it is work as well, of which others may accuse it.
      const stress = { ...calm, parts: { ...calm.parts, memory: parts.memory } };
      const shares = processes.map((share) => ({
        ...share,
        memoryPercent: (100 * share.memoryBytes) / totalBytes,
      }));
      return parts.memory > 0 ? culpritIn(culpritsOf(shares, stress), 'stress-ng-vm') : null;
    });
    expect(culprit.why).to.equal('memory');
  });
});

/** Looks at the host and at its processes; both tell of the time since the last look. */
function observer() {
  const host = openHost({ tell });
  const watch = new ProcessWatch({ home: null, suspects: [] });
  // Of a host that has done next to nothing for as long as it takes to learn that.
  let quiet = firstBaseline;
  for (let sample = 0; sample < 200; sample++) quiet = learn(quiet, 0, 1);
  let before = host.look();
  return async () => {
    const now = host.look();
    const sample = host.sampleBetween(before, now);
    before = now;
    const spike = ioSpike(quiet, bytesOf(sample));
    const stress = scoreStress(sample, { latencyRatio: 1, ioSpike: spike });
    const processes = await watch.look();
    return { sample, stress, processes, culprits: culpritsOf(processes, stress) };
  };
}

function bytesOf({ disk }: HostSample): number {
  return (disk.readBytesPerSecond ?? 0) + (disk.writtenBytesPerSecond ?? 0);
}

function culpritIn(culprits: readonly Culprit[], name: string): Culprit | undefined {
  return culprits.find(({ process }) => process.name === name);
}

function workers(shares: readonly ProcessShare[], name: string): ProcessShare[] {
  return shares.filter((share) => share.name === name);
}

function tell(message: string): void {
  console.log(message);
}
