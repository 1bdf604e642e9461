import { realClock } from '../../../modules/api/clock.ts';
import { answerClob } from './clob.ts';
import { answerResolutions } from './data-resolutions.ts';
import { answerTradesV1, answerTradesV2 } from './data-trades.ts';
import { type Area, type Fault, Faults } from './faults.ts';
import { answerGamma } from './gamma.ts';
import { Ledger, type LedgerRow } from './ledger.ts';
import { Lifecycle, type ResolutionPlan } from './lifecycle.ts';
import type { Market } from './market.ts';
import { defaultOptions, type SimulatorOptions } from './options.ts';
import { refused, type Reply, type VenueRequest } from './reply.ts';
import { Rest } from './rest.ts';
import { Stream } from './stream.ts';
import { Tape } from './tape.ts';
import { TradeLedger } from './trade-ledger.ts';
import { Universe } from './universe.ts';

export interface Simulator {
  /** What to give a client instead of the venue's hosts. */
  readonly urls: {
    readonly gamma: string;
    readonly clob: string;
    readonly data: string;
    readonly stream: string;
  };
  readonly ledger: Ledger;
  readonly markets: readonly Market[];
  /** Connections to the stream, and how many tokens they listen to. */
  readonly listeners: { readonly connections: number; readonly tokens: number };
  /** Trades at once so many orders, in one market or in any; each has one or more fills. */
  trade(orders?: number, conditionId?: string): LedgerRow[];
  openMarket(): Market;
  /** The way to the end begins; with `resolutionStepMs` 0 it is over at once. */
  resolve(conditionId: string, plan: ResolutionPlan): void;
  /** Lets something go wrong until what it returns is called. */
  begin(fault: Fault): () => void;
  /** No trade by itself, until `resume`: what would have been made meanwhile never is. */
  pause(): void;
  resume(): void;
  close(): void;
}

const pumpEveryMs = 10;
/** More than this at once would keep requests waiting; the rest comes in the next turn. */
const ordersPerTurnMax = 500;

/**
 * Starts a venue on 127.0.0.1. What is traded, and when after the start, depends on the seed alone;
 * what the faults strike depends on the seed and on what the clients do.
 */
export async function openSimulator(given: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const options = { ...defaultOptions, clock: realClock, ...given };
  const { clock, seed } = options;
  const startMs = clock.now();
  const universe = new Universe(seed, options.depth, startMs);
  universe.openMarkets(options.markets, startMs);
  const trades = new TradeLedger();
  const tape = new Tape(universe, trades, options, startMs);
  const lifecycle = new Lifecycle(universe, options, startMs);
  const faults = new Faults(seed, () => clock.now(), onFault);
  const ledger = new Ledger(universe, trades, faults);
  const stream = new Stream(universe, faults, clock, options);
  const rest = new Rest({
    clock,
    faults,
    hasRateLimits: options.hasRateLimits,
    answer,
    upgrade: (...upgrade) => stream.upgrade(...upgrade),
  });
  await rest.listen(options.port);

  function answer(area: Area, request: VenueRequest): Reply {
    const source = { universe, ledger: trades, lagMs: options.restLagMs };
    if (area === 'gamma') return answerGamma(universe, request);
    if (area === 'clob') return answerClob(universe, faults, request);
    if (request.path === '/v2/trades') return answerTradesV2(source, request);
    if (request.path === '/trades') return answerTradesV1(source, request);
    if (request.path === '/v2/resolutions') return answerResolutions(universe, request.query);
    return refused(404, 'not found');
  }

  function onFault(fault: Fault, isOn: boolean): void {
    if (fault.kind === 'disconnect' && isOn) stream.disconnect(fault.share);
    if (fault.kind === 'freeze') stream.freeze(isOn ? fault.share : null);
    if (fault.kind === 'refuse') {
      if (isOn) rest.refuse();
      else void rest.accept();
    }
  }

  let { isPaused } = options;
  let isClosed = false;
  const planned = [...options.faults].sort((a, b) => a.atMs - b.atMs);

  function pump(): void {
    if (isClosed) return;
    const nowMs = clock.now();
    while (planned[0] && planned[0].atMs <= nowMs - startMs) {
      const { fault, durationMs } = planned.shift()!;
      clock.after(durationMs, faults.begin(fault), { mayBeLast: false });
    }
    advanceLifecycle();
    if (isPaused) tape.skipTo(nowMs);
    else {
      let orders = 0;
      for (const order of tape.until(nowMs)) {
        stream.order(order);
        if (++orders >= ordersPerTurnMax) break;
      }
    }
    clock.after(pumpEveryMs, pump);
  }

  function advanceLifecycle(): void {
    for (const news of lifecycle.until(clock.now())) stream.news(news);
  }

  function marketOf(conditionId: string): Market {
    const market = universe.byCondition(conditionId);
    if (!market) throw new Error(`cannot find the market "${conditionId}": no such condition`);
    return market;
  }

  pump();
  const base = `http://127.0.0.1:${rest.port}`;
  return {
    urls: {
      gamma: `${base}/gamma`,
      clob: `${base}/clob`,
      data: `${base}/data`,
      stream: `ws://127.0.0.1:${rest.port}/ws/market`,
    },
    ledger,
    markets: universe.markets,
    get listeners() {
      return { connections: stream.connections, tokens: stream.subscriptions };
    },
    trade(orders = 1, conditionId) {
      const only = conditionId === undefined ? undefined : marketOf(conditionId);
      const from = ledger.tradeCount;
      for (let count = 0; count < orders; count++) {
        const order = tape.trade(clock.now(), only);
        if (order !== null) stream.order(order);
      }
      return ledger.trades(from);
    },
    openMarket() {
      const news = lifecycle.open(clock.now());
      stream.news(news);
      return news.market;
    },
    resolve(conditionId, plan) {
      lifecycle.resolve(marketOf(conditionId), clock.now(), plan);
      advanceLifecycle();
    },
    begin: (fault) => faults.begin(fault),
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
    },
    close() {
      isClosed = true;
      stream.close();
      rest.close();
    },
  };
}
