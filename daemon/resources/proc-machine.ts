/** The machine as Linux tells of it in `/proc` (proc(5)). Pure; null for what the text does not have. */
import type { MachineFigures } from './figures.ts';

type Cpu = NonNullable<MachineFigures['cpu']>;

/**
 * The first line of `/proc/stat`. Time that a guest took is in user and nice already, so only the
 * first eight columns count; waiting for a disk is idling.
 * @param tickMs what one count is worth
 */
export function parseCpu(stat: string, tickMs: number): Cpu | null {
  const columns = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').slice(0, 8).map(Number);
  if (!columns || columns.length < 4 || columns.some(Number.isNaN)) return null;
  const [, , , idle = 0, ioWait = 0] = columns;
  const total = columns.reduce((sum, ticks) => sum + ticks, 0);
  return { busyMs: (total - idle - ioWait) * tickMs, totalMs: total * tickMs };
}

/** `/proc/meminfo`: in use is what is not available to a new program without swapping. */
export function parseMemory(
  meminfo: string,
): Pick<MachineFigures, 'memory_bytes' | 'memory_percent'> {
  const total = kilobytes(meminfo, 'MemTotal');
  const available = kilobytes(meminfo, 'MemAvailable');
  if (total === null || available === null || total === 0)
    return { memory_bytes: null, memory_percent: null };
  const used = total - available;
  return { memory_bytes: used * 1024, memory_percent: Math.round((used / total) * 1000) / 10 };
}

/** `/proc/loadavg` */
export function parseLoad(loadavg: string): MachineFigures['load'] {
  const load = loadavg.split(' ').slice(0, 3).map(Number);
  return load.length === 3 && load.every(Number.isFinite) ? load : null;
}

/** `/proc/net/dev`: all interfaces but loopback. */
export function parseNetwork(
  dev: string,
): Pick<MachineFigures, 'network_sent_bytes' | 'network_recv_bytes'> {
  const lines = [...dev.matchAll(/^ *([^\s:|]+): *(.*)$/gm)].filter(([, name]) => name !== 'lo');
  if (dev === '') return { network_sent_bytes: null, network_recv_bytes: null };
  const column = (index: number): number =>
    lines.reduce((sum, [, , counts = '']) => sum + (Number(counts.split(/ +/)[index]) || 0), 0);
  return { network_recv_bytes: column(0), network_sent_bytes: column(8) };
}

/** `/proc/uptime`: milliseconds since boot, the time that the machine slept included. */
export function parseUptimeMs(uptime: string): number | null {
  const seconds = Number.parseFloat(uptime);
  return Number.isNaN(seconds) ? null : seconds * 1000;
}

/** Such as `Pss:    1234 kB` of `smaps_rollup`, `MemTotal:` of `meminfo`; null when it is not there. */
export function kilobytes(text: string, name: string): number | null {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return found === undefined ? null : Number(found);
}
