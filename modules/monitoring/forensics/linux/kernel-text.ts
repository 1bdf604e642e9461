import path from 'node:path';
import type { Gathered } from '../source.ts';
import { namesIn, textOf } from './read.ts';

/** A `*` is any part of one name. */
const patterns = [
  ...['version', 'uptime', 'loadavg', 'pressure/*', 'meminfo', 'swaps', 'vmstat', 'buddyinfo'],
  ...['zoneinfo', 'stat', 'schedstat', 'interrupts', 'softirqs', 'diskstats', 'net/dev'],
]
  .map((name) => `proc/${name}`)
  .concat([
    'sys/class/thermal/thermal_zone*/type',
    'sys/class/thermal/thermal_zone*/temp',
    'sys/class/thermal/thermal_zone*/trip_point_*',
    'sys/class/thermal/cooling_device*/type',
    'sys/class/thermal/cooling_device*/cur_state',
    'sys/class/thermal/cooling_device*/max_state',
    'sys/devices/system/cpu/cpu*/cpufreq/scaling_cur_freq',
    'sys/devices/system/cpu/cpu*/cpufreq/scaling_max_freq',
    'sys/devices/system/cpu/cpu*/thermal_throttle/*',
  ]);

/** What the kernel tells of itself as it tells it, one file after the other, as `tail` shows several. */
export async function gatherKernelText(root: string, signal: AbortSignal): Promise<Gathered> {
  const parts: string[] = [];
  for (const pattern of patterns) {
    for (const file of await matching(root, pattern.split('/'), signal)) {
      const text = await textOf(path.join(root, file), signal);
      if (text !== null) parts.push(`==> /${file} <==\n${text.trimEnd()}\n`);
    }
  }
  if (parts.length === 0) signal.throwIfAborted();
  if (parts.length === 0) throw new Error('the kernel shows nothing of itself');
  const note = signal.aborted ? 'its time was up: not all is there' : null;
  return { data: parts.join('\n'), note };
}

async function matching(
  root: string,
  pattern: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  let found = [''];
  for (const segment of pattern) {
    const below: string[] = [];
    for (const folder of found) {
      const names = segment.includes('*')
        ? (await namesIn(path.join(root, folder), signal)).filter((name) => fits(name, segment))
        : [segment];
      below.push(...names.map((name) => path.join(folder, name)));
    }
    found = below;
  }
  return found;
}

function fits(name: string, segment: string): boolean {
  const [before = '', after = ''] = segment.split('*');
  const isLongEnough = name.length >= before.length + after.length;
  return isLongEnough && name.startsWith(before) && name.endsWith(after);
}
