import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import { ProcessLooks } from '../../../daemon/keeper/process-looks.ts';
import { ownersByVariable } from '../../../daemon/keeper/tree.ts';
import { hasProc, readProcess } from '../../../daemon/processes.ts';

const ownerOf = ownersByVariable('PROCESS_LOOKS_TEST', () => new Set());
/** Each leads its own group. */
const leaders: number[] = [];

describe('a look at processes that was not the first', function () {
  before(function () {
    if (!hasProc) this.skip();
  });
  afterEach(() => {
    for (const pid of leaders.splice(0)) process.kill(-pid, 'SIGKILL');
  });

  it('passes over a stranger that is older than every launch', async () => {
    const { pid, startTime } = await started({});
    const looks = new ProcessLooks();
    const launches = [later(startTime, 2), later(startTime, 1)];
    expect(looks.look(launches, ownerOf).has(pid)).to.equal(true);
    expect(looks.look(launches, ownerOf).has(pid)).to.equal(false);
  });

  it('shows a stranger that is not older than the oldest launch', async () => {
    const { pid, startTime } = await started({});
    const looks = new ProcessLooks();
    looks.look([startTime], ownerOf);
    expect(looks.look([later(startTime, 1), startTime], ownerOf).get(pid)).to.deep.equal(
      readProcess(pid),
    );
  });

  it('passes over nothing for a launch that nothing is known of', async () => {
    const { pid, startTime } = await started({});
    const looks = new ProcessLooks();
    looks.look([null], ownerOf);
    expect(looks.look([later(startTime, 1), null], ownerOf).has(pid)).to.equal(true);
  });

  it('shows what is ours by its environment, and what is below it without one', async () => {
    const { pid, startTime, below } = await started({ PROCESS_LOOKS_TEST: 'trading' });
    const looks = new ProcessLooks();
    const launches = [later(startTime, 1000)];
    looks.look(launches, ownerOf);
    const table = looks.look(launches, ownerOf);
    expect(table.get(pid)).to.deep.equal(readProcess(pid));
    expect(table.get(below)).to.deep.equal(readProcess(below));
  });
});

/** A shell and, in a session of its own and without any environment, a process below it. */
async function started(
  env: Readonly<Record<string, string>>,
): Promise<{ pid: number; startTime: string; below: number }> {
  const script = 'env -i setsid -w sh -c "echo \\$\\$; exec sleep 1000"; :';
  const child = spawn('sh', ['-c', script], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const below = Number(chunk.toString());
  const pid = child.pid ?? 0;
  leaders.push(pid, below);
  return { pid, startTime: readProcess(pid)?.startTime ?? '', below };
}

function later(startTime: string, ticks: number): string {
  return String(Number(startTime) + ticks);
}
