/**
 * Plays candles through a trader at a steady pace and remembers where it stands.
 *
 * A run is determined by its settings, so a restart may fall back behind the last bars played: they
 * are played again with the same result. Saved is after every bar that changed the book and, apart
 * from that, at most five times a second. A trade is logged before it is saved: killed in the moment
 * between, the next run logs that trade again under the same number; no trade goes unlogged.
 */
import type { Logger } from '../api/module.ts';
import type { Candle } from './candles.ts';
import type { CheckpointFile } from './checkpoint-file.ts';
import { decodeCheckpoint, encodeCheckpoint, runSettings, type RunSettings } from './checkpoint.ts';
import { openBook } from './engine.ts';
import { nextDueMs, type Clock } from './pacing.ts';
import type { TradingParams } from './params.ts';
import type { Strategy } from './strategy.ts';
import { tradeLines } from './trade-lines.ts';
import { Trader } from './trader.ts';

export interface ReplayParts {
  readonly symbol: string;
  readonly candles: readonly Candle[];
  readonly params: TradingParams;
  /** One that has seen no bar yet. */
  readonly strategy: Strategy;
  readonly file: CheckpointFile;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

const saveIntervalMs = 200;

export class Replay {
  readonly trader: Trader;
  readonly #parts: ReplayParts;
  readonly #settings: RunSettings;
  #nextBar = 0;
  #savedBar: number | undefined;
  #savedAtMs = -Infinity;
  #saveFails = false;

  /** Continues from the checkpoint if it is of this run, else starts afresh and logs why. */
  static async open(parts: ReplayParts): Promise<Replay> {
    const { symbol, candles, params, file, log } = parts;
    const settings = runSettings(symbol, candles, params);
    const text = await file.load();
    const decoded =
      text === undefined ? undefined : decodeCheckpoint(text, settings, candles.length);
    if (decoded?.ok === false) {
      log.warn(`starting afresh: cannot use the checkpoint ${file.path}: ${decoded.reason}`, {
        file: file.path,
      });
    }
    return new Replay(parts, settings, decoded?.ok ? decoded.checkpoint : undefined);
  }

  private constructor(
    parts: ReplayParts,
    settings: RunSettings,
    checkpoint: { readonly nextBar: number; readonly book: Trader['book'] } | undefined,
  ) {
    const { symbol, candles, params, strategy, log } = parts;
    this.#parts = parts;
    this.#settings = settings;
    this.trader = new Trader(
      { symbol, feeRate: params.feePercent.div(100) },
      strategy,
      checkpoint?.book ?? openBook(params.startingCash),
    );
    const bars = candles.length;
    if (checkpoint === undefined) {
      log.info(`replaying ${bars} bars of ${symbol} from the first`, { bars });
      return;
    }
    this.#nextBar = checkpoint.nextBar;
    this.#savedBar = checkpoint.nextBar;
    for (const candle of candles.slice(0, this.#nextBar)) this.trader.recall(candle);
    log.info(`continuing at bar ${this.#nextBar} of ${bars}`, { bar: this.#nextBar, bars });
  }

  /** True after the last bar; the replay then stands still and goes on answering. */
  get finished(): boolean {
    return this.#nextBar === this.#parts.candles.length;
  }

  /** Plays until the signal aborts, also past the last bar. Resolves between two bars, all saved. */
  async run(signal: AbortSignal): Promise<void> {
    const { candles, clock, params } = this.#parts;
    const intervalMs = 1000 / params.speed;
    let dueMs = clock.nowMs() + intervalMs;
    for (const candle of candles.slice(this.#nextBar)) {
      await clock.waitUntil(dueMs, signal);
      if (signal.aborted) break;
      await this.#play(candle);
      dueMs = nextDueMs(dueMs, clock.nowMs(), intervalMs);
    }
    await clock.waitUntil(Infinity, signal);
    if (this.#savedBar !== this.#nextBar) await this.#save();
  }

  async #play(candle: Candle): Promise<void> {
    const before = this.trader.book;
    const settled = this.trader.trade(candle);
    this.#nextBar += 1;
    for (const { level, fields, message } of tradeLines(settled, before.fills)) {
      this.#parts.log[level](message, fields);
    }
    const isSaveDue = this.#parts.clock.nowMs() - this.#savedAtMs >= saveIntervalMs;
    if (this.trader.book !== before || this.finished || isSaveDue) await this.#save();
    if (this.finished) this.#parts.log.info('replay finished', { bar: this.#nextBar });
  }

  /** A disk that cannot be written stops no trading: the next bar tries again. */
  async #save(): Promise<void> {
    const { clock, file, log } = this.#parts;
    const [bar, book] = [this.#nextBar, this.trader.book];
    this.#savedAtMs = clock.nowMs();
    try {
      await file.save(encodeCheckpoint({ settings: this.#settings, nextBar: bar, book }));
      this.#savedBar = bar;
      if (this.#saveFails) log.info('checkpoints can be saved again', { bar });
      this.#saveFails = false;
    } catch (error) {
      if (!this.#saveFails) {
        log.error(
          `cannot save the checkpoint ${file.path}: a restart would continue at bar ${this.#savedBar ?? 0}; make room or access there`,
          { bar, error },
        );
      }
      this.#saveFails = true;
    }
  }
}
