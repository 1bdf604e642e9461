import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gatherKernelText } from '../../../../../modules/monitoring/forensics/linux/kernel-text.ts';
import { gatherProcesses } from '../../../../../modules/monitoring/forensics/linux/process-list.ts';
import { gatherStacks } from '../../../../../modules/monitoring/forensics/linux/stacks.ts';
import type { StoredSample } from '../../../../../modules/monitoring/store.ts';
import { realClock } from '../../../../../modules/api/clock.ts';
import { parseProcessStat } from '../../../../../modules/monitoring/processes/counters.ts';
import { temporaryFolders } from '../../../../support/temporary-folder.ts';
import { processShare } from '../requests.ts';

const never = new AbortController().signal;
const secret = 'a-password-in-an-argument';

describe('what a capture reads of processes', () => {
  const folders = temporaryFolders();
  let busy: ChildProcess;
  before(async () => {
    const program = 'process.stdout.write("x"); for (;;);';
    busy = spawn(process.execPath, ['-e', program, secret], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (busy.stdout) await once(busy.stdout, 'data');
  });
  after(() => busy.kill('SIGKILL'));

  it('is each of them, with the module that the ring knows for it or for its parents', async () => {
    const us = parseProcessStat(readFileSync('/proc/self/stat', 'utf8'));
    const share = processShare({
      pid: process.pid,
      startTicks: us?.startTicks ?? 0,
      module: 'bot',
    });
    const ring = [{ processes: [share] } as unknown as StoredSample];
    const { data, note } = await gatherProcesses('/proc', { ring, clock: realClock }, never);
    const { processes } = JSON.parse(String(data)) as { processes: Record<string, unknown>[] };
    expect(note).to.equal(null);
    const child = processes.find(({ pid }) => pid === busy.pid);
    expect(child).to.include({ parent_pid: process.pid, module: 'bot', is_kernel: false });
    expect(child?.['memory_bytes']).to.be.greaterThan(1e6);
    expect(processes.find(({ pid }) => pid === 1)).to.include({ module: null });
    expect(String(data)).not.to.include(secret);
  });

  it('is where each that runs or is blocked is, and a note of what only root may see', async () => {
    const { data, note } = await gatherStacks('/proc', never);
    expect(data).to.match(/^\d+ threads, \d+ of them blocked \(D\) or running \(R\)/);
    // Newer versions of Node name their first thread.
    const name = readFileSync(`/proc/${busy.pid ?? 0}/comm`, 'utf8').trim();
    expect(data).to.include(`R ${name} (process ${busy.pid ?? 0}, thread ${busy.pid ?? 0})`);
    if (process.getuid?.() === 0) expect(data).to.match(/\[<0>\] /);
    else expect(note).to.match(/^\d+ stacks are shown to root alone$/);
  });

  it('says of a blocked thread for what it waits', async () => {
    const proc = folders();
    const thread = path.join(proc, '70/task/71');
    mkdirSync(thread, { recursive: true });
    const stat = '71 (disk) x) D 1 70 70 0 -1 4194304 0 0 0 0 1 2 0 0 20 0 2 0 55 0 9 1 0 0';
    writeFileSync(path.join(thread, 'stat'), stat);
    writeFileSync(path.join(thread, 'wchan'), 'folio_wait_bit');
    writeFileSync(path.join(thread, 'syscall'), '74 0x18\n');
    writeFileSync(
      path.join(thread, 'stack'),
      '[<0>] folio_wait_bit+0xd6/0x220\n[<0>] do_fsync+0x3b\n',
    );
    expect((await gatherStacks(proc, never)).data).to.equal(
      [
        '1 threads, 1 of them blocked (D) or running (R)\n',
        'D disk) x (process 70, thread 71)',
        '  waits in folio_wait_bit\n  system call 74 0x18',
        '  [<0>] folio_wait_bit+0xd6/0x220\n  [<0>] do_fsync+0x3b',
      ].join('\n'),
    );
  });

  it('is nothing, with a reason, where no process can be seen', async () => {
    const reasons = await Promise.all([
      reasonOf(gatherProcesses(folders(), { ring: [], clock: realClock }, never)),
      reasonOf(gatherStacks(folders(), never)),
      reasonOf(gatherKernelText(folders(), never)),
    ]);
    expect(reasons.map((reason) => reason.replace(/ in .*/, ''))).to.deep.equal([
      'no process can be seen',
      'no thread can be seen',
      'the kernel shows nothing of itself',
    ]);
    const late = AbortSignal.abort(new Error('it took longer than 5 s'));
    expect(await reasonOf(gatherStacks('/proc', late))).to.equal('it took longer than 5 s');
    expect(await reasonOf(gatherKernelText('/', late))).to.equal('it took longer than 5 s');
  });

  it('goes with what the kernel tells of itself, its sensors where there are some', async () => {
    const root = folders();
    for (const [file, text] of [
      ['proc/meminfo', 'MemFree: 7 kB\n'],
      ['sys/class/thermal/thermal_zone0/temp', '47000\n'],
      ['sys/class/thermal/thermal_zone0/policy', 'step_wise\n'],
      ['sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count', '3\n'],
      ['sys/devices/system/cpu/cpuidle/thermal_throttle/none', '9\n'],
    ] as const) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), text);
    }
    const { data, note } = await gatherKernelText(root, never);
    expect(note).to.equal(null);
    expect(String(data).split('\n').filter(Boolean)).to.deep.equal([
      ...['==> /proc/meminfo <==', 'MemFree: 7 kB'],
      ...['==> /sys/class/thermal/thermal_zone0/temp <==', '47000'],
      ...['==> /sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count <==', '3'],
      ...['==> /sys/devices/system/cpu/cpuidle/thermal_throttle/none <==', '9'],
    ]);
    expect((await gatherKernelText('/', never)).data).to.include('==> /proc/diskstats <==');
  });
});

async function reasonOf(gathering: Promise<unknown>): Promise<string> {
  return gathering.then(
    () => expect.fail('there was something'),
    (error: unknown) => (error as Error).message,
  );
}
