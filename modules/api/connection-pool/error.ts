/** Who has a connection of a pool, and for how long. */
export interface PoolHolder {
  readonly holder: string;
  readonly heldMs: number;
}

/** All connections are lent, and none came back in time. */
export class PoolExhaustedError extends Error {
  readonly pool: string;
  readonly max: number;
  readonly waitedMs: number;
  /** Longest first. */
  readonly holders: readonly PoolHolder[];

  constructor(pool: string, max: number, waitedMs: number, holders: readonly PoolHolder[]) {
    super(
      `pool exhausted: none of ${max} connections to ${pool} came free within ${seconds(waitedMs)}: they are held by ${described(holders)} — use them for a shorter time, or raise infrastructure.connection_pool.max_connections`,
    );
    this.name = 'PoolExhaustedError';
    this.pool = pool;
    this.max = max;
    this.waitedMs = waitedMs;
    this.holders = holders;
  }
}

/** There was room, but the connection did not open in time. */
export class PoolOpenTimeoutError extends Error {
  constructor(pool: string, waitedMs: number) {
    super(`cannot open a connection to ${pool}: it took longer than ${seconds(waitedMs)}`);
    this.name = 'PoolOpenTimeoutError';
  }
}

/** The pool was closed, or is about to be. */
export class PoolClosedError extends Error {
  constructor(pool: string) {
    super(`the connections to ${pool} are closed: nothing more can be asked of them`);
    this.name = 'PoolClosedError';
  }
}

const describedMax = 3;

function described(holders: readonly PoolHolder[]): string {
  const shown = holders
    .slice(0, describedMax)
    .map(({ holder, heldMs }) => `${holder} for ${seconds(heldMs)}`);
  const more = holders.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ') || 'nobody';
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
