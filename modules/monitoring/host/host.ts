/** The host as it tells of itself: what stands behind it is one reader for each platform. */
import { LinuxHost } from './linux/linux-host.ts';
import type { HostLook } from './look.ts';
import { unknownHost } from './unknown-host.ts';
import type { HostSample } from '../sample.ts';

export interface Host {
  /**
   * What the counters say now. It reads a few dozen small files and starts no process; it does not
   * wait and does not throw. A figure that cannot be read is null.
   */
  look(): HostLook;

  /** @param before null when there was none: then there are levels, and no rates. */
  sampleBetween(before: HostLook | null, now: HostLook): HostSample;
}

export interface HostOptions {
  /** Told once for each file that is there and cannot be read, and once on a platform without a reader. */
  readonly tell: (message: string) => void;
  /** Where `proc` and `sys` are. Default: `/`. */
  readonly root?: string;
  /** Default: this one. */
  readonly platform?: NodeJS.Platform;
}

export function openHost({ tell, root = '/', platform = process.platform }: HostOptions): Host {
  if (platform === 'linux') return new LinuxHost({ root, tell });
  tell(`cannot tell how the host is: there is no reader for ${platform} yet, only for linux`);
  return unknownHost;
}
