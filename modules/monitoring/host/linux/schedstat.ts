/** `/proc/schedstat`: docs.kernel.org/scheduler/sched-stats.html. Pure. */

/** Before it, and perhaps after a future one, the columns have another order. */
const versions = new Set([15, 16, 17]);
/** After the name: the eighth is how long tasks waited on this core for their turn, in nanoseconds. */
const runDelayColumn = 8;

/** Of all cores together; null on a kernel without it. */
export function parseRunDelayMs(text: string | null): number | null {
  const version = Number(/^version (\d+)$/m.exec(text ?? '')?.[1]);
  const lines = text?.match(/^cpu\d+ .*$/gm);
  if (!lines || !versions.has(version)) return null;
  const delays = lines.map((line) => Number(line.split(' ')[runDelayColumn]));
  return delays.every(Number.isFinite) ? delays.reduce((sum, ns) => sum + ns, 0) / 1e6 : null;
}
