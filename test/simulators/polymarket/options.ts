import type { Clock } from '../../../modules/api/clock.ts';
import type { PlannedFault } from './faults.ts';

/** How a simulator is to behave; what is left out is as in `defaultOptions`. */
export interface SimulatorOptions {
  readonly seed: number;
  /** How many there are at the start. */
  readonly markets: number;
  /** Fills a second over all markets; 0: only those that `trade` makes. */
  readonly tradesPerSecond: number;
  /** No trade by itself before `resume`. */
  readonly isPaused: boolean;
  /** 0: one that is free. */
  readonly port: number;
  /** Levels on each side of a book. */
  readonly depth: number;
  /** A whole book follows every so many orders on the stream; 1 is what the documentation says. */
  readonly bookEveryOrders: number;
  /** Share of the orders whose trades have no transaction hash on the stream. */
  readonly hashlessShare: number;
  /** Share of the orders that two makers fill with exactly the same. */
  readonly twinShare: number;
  /** Resolutions that begin by themselves, each with a new market. */
  readonly resolutionsPerMinute: number;
  /** Between one status of a resolution and the next. */
  readonly resolutionStepMs: number;
  /** For how long the CLOB does not know a new market that Gamma lists. */
  readonly newMarketDelayMs: number;
  /** How far the Data API's lists are behind the blocks; the venue's CDN keeps them up to 300 s. */
  readonly restLagMs: number;
  /** Whether the published limits hold. */
  readonly hasRateLimits: boolean;
  readonly faults: readonly PlannedFault[];
  readonly clock: Clock;
}

export const defaultOptions: Omit<SimulatorOptions, 'clock'> = {
  seed: 1,
  markets: 100,
  tradesPerSecond: 0,
  isPaused: false,
  port: 0,
  depth: 10,
  bookEveryOrders: 1,
  hashlessShare: 0,
  twinShare: 0,
  resolutionsPerMinute: 0,
  resolutionStepMs: 0,
  newMarketDelayMs: 0,
  restLagMs: 0,
  hasRateLimits: true,
  faults: [],
};
