// The same stretch of time, told by the module and by vmstat and pidstat (Debian: procps, sysstat).
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openHost } from '../../modules/monitoring/host/host.ts';
import { ProcessWatch } from '../../modules/monitoring/processes/watch.ts';
import type { HostSample, ProcessShare } from '../../modules/monitoring/sample.ts';
import type { Figure } from './measure.ts';

const spanSeconds = 60;
/** Of a percentage that both print, and of a count, in percent of it. */
const pointsMax = 2;
const percentMax = 5;

/** By how much they differ; nothing where one of the programs is not there. */
export async function stressAgreement(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sb-stress-'));
  const file = join(folder, 'written');
  const burner = spawn('sh', ['-c', 'while :; do :; done']);
  const writer = spawn('sh', [
    '-c',
    `while :; do dd if=/dev/zero of=${file} bs=1M count=8 oflag=direct 2>&1; sleep 0.2; done`,
  ]);
  try {
    return await compareOver(burner.pid ?? 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    console.error(`not compared with vmstat and pidstat: ${(error as Error).message}`);
    return [];
  } finally {
    await Promise.all([burner, writer].map(ended));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compareOver(burnerPid: number): Promise<Figure[]> {
  const host = openHost({ tell: (message) => console.error(message) });
  const watch = new ProcessWatch({ home: null, suspects: [] });
  const before = host.look();
  await watch.look();
  const [vmstat, pidstat] = await Promise.all([
    printed('vmstat', ['-n', `${spanSeconds}`, '2']),
    printed('pidstat', ['-u', '-p', `${burnerPid}`, `${spanSeconds}`, '1']),
  ]);
  const sample = host.sampleBetween(before, host.look());
  const burner = (await watch.look()).find(({ pid }) => pid === burnerPid);
  return figuresOf(sample, vmstatColumns(vmstat), burner, pidstat);
}

function figuresOf(
  { cpu, disk, memory }: HostSample,
  said: ReadonlyMap<string, number>,
  burner: ProcessShare | undefined,
  pidstat: string,
): Figure[] {
  const of = (...names: string[]): number =>
    names.reduce((sum, name) => sum + (said.get(name) ?? 0), 0);
  return [
    points('busy', cpu.busyPercent, of('us', 'sy')),
    points('waiting for a disk', cpu.ioWaitPercent, of('wa')),
    points('steal', cpu.stealPercent, of('st')),
    share('context switches', cpu.contextSwitchesPerSecond, of('cs')),
    share('bytes written', disk.writtenBytesPerSecond, of('bo') * 1024),
    points('bytes swapped in, in MB/s', megabytes(memory.swapInBytesPerSecond), of('si') / 1024),
    points('a busy process', burner?.cpuPercent ?? null, pidstatColumn(pidstat, '%CPU')),
    points('… its wait for a core', burner?.waitPercent ?? null, pidstatColumn(pidstat, '%wait')),
  ];
}

function points(what: string, ours: number | null, theirs: number): Figure {
  return {
    ...{ what: `stress: ${what}, off by`, unit: 'points' },
    ...{ value: Math.abs((ours ?? Number.NaN) - theirs), floor: null },
    target: { kind: 'value_max', limit: pointsMax },
  };
}

function share(what: string, ours: number | null, theirs: number): Figure {
  return {
    ...{ what: `stress: ${what}, off by`, unit: '%' },
    ...{ value: Math.abs((ours ?? Number.NaN) / theirs - 1) * 100, floor: null },
    target: { kind: 'value_max', limit: percentMax },
  };
}

function megabytes(bytes: number | null): number | null {
  return bytes === null ? null : bytes / 1e6;
}

/** The last of its lines is of the time since the one before; which columns there are is in its head. */
function vmstatColumns(text: string): ReadonlyMap<string, number> {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const [head, last] = [lines[1] ?? [], lines.at(-1) ?? []];
  return new Map(head.map((name, index) => [name, Number(last[index])]));
}

/** The column of that name: `14:48:18  UID  PID  %usr … %CPU  CPU  Command`, then `Average:  0 …`. */
function pidstatColumn(text: string, name: string): number {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  const head = lines.find((words) => words.includes(name)) ?? [];
  const average = lines.find((words) => words[0] === 'Average:') ?? [];
  // Counted from the end: the time at the beginning has one word or two.
  return Number(average.at(head.indexOf(name) - head.length));
}

async function printed(program: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C' };
  const timeout = (spanSeconds + 30) * 1000;
  return (await promisify(execFile)(program, args, { env, timeout })).stdout;
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await exited;
}
