// What the module says of a process, held against pidstat (Debian: sysstat), whose stretch of time lies
// within ours, and against the kernel's own count around both: so it holds on a busy machine too.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { kernelUnits } from '../../../../modules/monitoring/kernel-units.ts';
import { ProcessWatch } from '../../../../modules/monitoring/processes/watch.ts';

const { tickMs } = kernelUnits();
const isMissing = spawnSync('pidstat', ['-V']).error !== undefined;
const reason = isMissing ? ' — skipped: there is no pidstat here (Debian: sysstat)' : '';
/** Each count may be cut off by a tick at either end, and both round what they print. */
const toleranceMs = 4 * tickMs;

describe('monitoring/processes: against pidstat', () => {
  it(`tells the time on a processor that pidstat tells${reason}`, async function () {
    if (isMissing || process.platform !== 'linux') return void this.skip();
    const burner = spawn('sh', ['-c', 'while :; do :; done']);
    try {
      const pid = burner.pid ?? 0;
      const watch = new ProcessWatch({ home: null, suspects: [] });
      const kernelBefore = cpuMs(pid);
      const outerStart = performance.now();
      await watch.look();
      const innerStart = performance.now();
      const theirs = await pidstatCpu(pid);
      const innerEnd = performance.now();
      const shares = await watch.look();
      const outerEnd = performance.now();
      const kernel = cpuMs(pid) - kernelBefore;
      const ours = shares.find((share) => share.pid === pid)?.cpuPercent ?? Number.NaN;
      expect((ours / 100) * (outerEnd - outerStart)).to.be.at.least(theirs - toleranceMs);
      expect((ours / 100) * (innerEnd - innerStart)).to.be.at.most(kernel + toleranceMs);
    } finally {
      await ended(burner);
    }
  });
});

/** In one second, in milliseconds: the line after `14:48:18  UID  PID  %usr … %CPU  CPU  Command`. */
async function pidstatCpu(pid: number): Promise<number> {
  const args = ['-u', '-p', String(pid), '1', '1'];
  const env = { ...process.env, LC_ALL: 'C', S_TIME_FORMAT: 'ISO' };
  const { stdout } = await promisify(execFile)('pidstat', args, { env, timeout: 20_000 });
  const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/));
  const head = lines.findIndex((words) => words.includes('%CPU'));
  const percent = Number(lines[head + 1]?.[lines[head]?.indexOf('%CPU') ?? 0]);
  expect(percent, stdout).to.be.at.least(0);
  return percent * 10;
}

/** utime and stime: proc_pid_stat(5). */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

async function ended(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}
