/** Which network interfaces are counted: each byte once, though it passes a bridge and a tunnel too. */
import type { KernelFiles } from './kernel-files.ts';

/**
 * Those of hardware. Where there are none, as in a container, all but loopback.
 */
export function countedInterfaces(files: KernelFiles): (name: string) => boolean {
  const hardware = new Set(
    files
      .list('/sys/class/net')
      .filter((name) => files.list(`/sys/class/net/${name}/device`).length > 0),
  );
  return hardware.size > 0 ? (name) => hardware.has(name) : (name) => name !== 'lo';
}
