/** The same moment by the clocks that every platform has. */
import { uptime } from 'node:os';
import type { HostClocks } from './look.ts';

export type PortableClocks = Pick<HostClocks, 'wallMs' | 'monotonicMs' | 'bootMs'>;
export type ClockSources = Readonly<Record<keyof PortableClocks, () => number>>;

/** Longer between two of them, and they are not of one moment. */
const apartMsMax = 5;
const attemptsMax = 3;

/** Boot time on Linux: `/proc/uptime`, or CLOCK_BOOTTIME where that cannot be read (uv_uptime). */
const thisMachine: ClockSources = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  bootMs: () => uptime() * 1000,
};

/**
 * They are read again when this process was held up between them: the difference between boot time
 * and monotonic time would look like a suspend.
 */
export function readClocks(sources: ClockSources = thisMachine): PortableClocks {
  for (let attempt = 1; ; attempt++) {
    const monotonicMs = sources.monotonicMs();
    const clocks = { wallMs: sources.wallMs(), monotonicMs, bootMs: sources.bootMs() };
    if (sources.monotonicMs() - monotonicMs <= apartMsMax || attempt === attemptsMax) return clocks;
  }
}
