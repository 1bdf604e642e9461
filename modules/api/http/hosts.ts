import type { Clock } from '../clock.ts';
import type { PoolLimits } from '../connection-pool.ts';
import { Host } from './host.ts';
import type { HttpHostMetrics } from './metrics.ts';

/** Redirects lead to hosts that nobody has chosen: more than these are not kept in mind. */
const hostsMax = 64;

/** The hosts that a client talks to, by origin; what is not in use gives way to what is. */
export class Hosts {
  readonly #options: { limits: PoolLimits; clock: Clock; ca: string | undefined };
  /** The one that was not asked for the longest time first. */
  readonly #hosts = new Map<string, Host>();

  constructor(options: { limits: PoolLimits; clock: Clock; ca: string | undefined }) {
    this.#options = options;
  }

  of(url: URL): Host {
    const { limits, clock, ca } = this.#options;
    const host = this.#hosts.get(url.origin) ?? new Host(url, limits, clock, ca);
    this.#hosts.delete(url.origin);
    this.#hosts.set(url.origin, host);
    if (this.#hosts.size > hostsMax) this.#forgetOne();
    return host;
  }

  get metrics(): Record<string, HttpHostMetrics> {
    return Object.fromEntries([...this.#hosts].map(([origin, host]) => [origin, host.metrics]));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.pool.close()));
  }

  /** Its connections are idle, so closing them waits for nobody. */
  #forgetOne(): void {
    const [idle] = [...this.#hosts].slice(0, -1).filter(([, host]) => host.isIdle);
    if (idle === undefined) return;
    this.#hosts.delete(idle[0]);
    void idle[1].pool.close();
  }
}
