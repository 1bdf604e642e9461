import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { balanceOf, ordersOf } from '../../../modules/trading/answers.ts';
import { readShippedCandles } from '../../../modules/trading/candles.ts';
import { CheckpointFile } from '../../../modules/trading/checkpoint-file.ts';
import { MovingAverageCross } from '../../../modules/trading/moving-average.ts';
import { parseParams } from '../../../modules/trading/params.ts';
import { Replay } from '../../../modules/trading/replay.ts';
import { FakeClock } from './fake-clock.ts';
import { naiveFinalCash } from './naive-replay.ts';

const seed = 20_000_103;
const allCandles = readShippedCandles('SP500');

interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

describe('the replay', () => {
  let folder: string;
  let lines: Line[];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'superbot-replay-'));
    lines = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  function openReplay(clock: FakeClock, raw: object = {}, candles = allCandles, name = 'a.json') {
    const parsed = parseParams(raw);
    if (!parsed.ok) throw new Error(parsed.problem);
    const line =
      (level: Line['level']) =>
      (message: string, fields: object = {}) =>
        void lines.push({ level, message, fields: { ...fields } });
    const file = new CheckpointFile(path.join(folder, name));
    const log = { info: line('info'), warn: line('warn'), error: line('error') };
    const { params } = parsed;
    const strategy = new MovingAverageCross(params);
    return Replay.open({ symbol: 'SP500', candles, params, strategy, file, clock, log });
  }

  /** Plays until the clock stands still, then stops the replay as a shutdown does. */
  async function play(clock: FakeClock, raw?: object, candles = allCandles, name?: string) {
    const replay = await openReplay(clock, raw, candles, name);
    const stop = new AbortController();
    const running = replay.run(stop.signal);
    await clock.standing;
    stop.abort();
    await running;
    return replay;
  }

  /** Plays until the clock stands still and leaves it there for ever, as kill -9 does. */
  async function playAndKill(clock: FakeClock, raw?: object, candles = allCandles, name?: string) {
    const replay = await openReplay(clock, raw, candles, name);
    void replay.run(new AbortController().signal);
    await clock.standing;
    return replay;
  }

  function trades(): unknown[] {
    return lines.filter(({ fields }) => 'trade' in fields).map(({ fields }) => fields);
  }

  it('plays the 5,105 bars to the balance that whole-number arithmetic gives as well', async () => {
    const replay = await play(new FakeClock(), { speed: 1000 });
    const csv = path.resolve('modules/trading/candles/sp500-2000.csv');
    const balance = balanceOf(replay.trader, 'replay', replay.finished);
    expect(balance).to.deep.equal({
      mode: 'replay',
      currency: 'USD',
      cash: '13286.9693682417215',
      equity: '13286.9693682417215',
      starting_cash: '10000',
      fees_paid: '1062.6030903485785',
      realized_pnl: '4349.5724585903',
      unrealized_pnl: '0',
      as_of: '2020-04-17T00:00:00.000Z',
      replay_finished: true,
    });
    expect(balance.cash.replace('.', '')).to.equal(String(naiveFinalCash(csv, 20, 50)));
  });

  it('logs each trade once, numbered without a gap', async () => {
    await play(new FakeClock(), { speed: 1000 });
    const numbers = lines.flatMap(({ fields }) => fields['trade'] ?? []);
    expect(numbers).to.deep.equal(Array.from({ length: 114 }, (_, index) => index + 1));
    expect(lines[0]?.message).to.equal('replaying 5105 bars of SP500 from the first');
    expect(lines[1]?.message).to.equal('bought 6.5407 SP500 at 1527.349976');
    expect(lines.at(-1)?.message).to.equal('replay finished');
  });

  it('stands still after the last bar and stays there over a restart', async () => {
    const candles = allCandles.slice(0, 60);
    await play(new FakeClock(), {}, candles);
    lines = [];
    const again = await play(new FakeClock(), {}, candles);
    expect(again.finished).to.equal(true);
    expect(lines.map(({ message }) => message)).to.deep.equal(['continuing at bar 60 of 60']);
  });

  it(`killed and stopped anywhere, ends like the run that never was (seed ${seed})`, async () => {
    const candles = allCandles.slice(0, 450);
    const whole = await play(new FakeClock(), { speed: 1000 }, candles, 'whole.json');
    const expectedTrades = trades();
    expect(expectedTrades).to.have.length.greaterThan(5);
    let run = 0;
    const cuts = fc.array(
      fc.record({
        bars: fc.integer({ min: 1, max: 200 }),
        isKill: fc.boolean(),
        speed: fc.constantFrom(5, 50, 1000),
      }),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(cuts, async (chosen) => {
        lines = [];
        run += 1;
        const name = `${run}.json`;
        for (const { bars, isKill, speed } of chosen) {
          await (isKill ? playAndKill : play)(new FakeClock(bars), { speed }, candles, name);
        }
        const ended = await play(new FakeClock(), { speed: 1000 }, candles, name);
        expect(ended.trader.book).to.deep.equal(whole.trader.book);
        expect(trades()).to.deep.equal(expectedTrades);
      }),
      { seed, numRuns: 10 },
    );
  });

  it('falls back by no bar when stopped, and at 5 bars a second by none when killed', async () => {
    await play(new FakeClock(101), { speed: 1000 });
    await playAndKill(new FakeClock(51), { speed: 5 });
    await play(new FakeClock(1), { speed: 5 });
    const continued = lines.flatMap(({ fields, message }) =>
      message.startsWith('continuing') ? fields['bar'] : [],
    );
    expect(continued).to.deep.equal([100, 150]);
  });

  it('saves every fill at once: killed right after one, it neither forgets nor logs it again', async () => {
    const filledAt = allCandles.findIndex(({ time }) => time.startsWith('2000-03-24'));
    const playedUpTo = new FakeClock(filledAt + 2);
    await playAndKill(playedUpTo, { speed: 1000 });
    expect(trades()).to.have.length(1);
    const continued = await play(new FakeClock(1), { speed: 1000 });
    expect(lines.at(-1)?.fields['bar']).to.equal(filledAt + 1);
    expect(continued.trader.book.fills).to.equal(1);
    expect(trades()).to.have.length(1);
  });

  it('saves seldom at a high speed: a kill falls back to the last trade or 200 ms', async () => {
    await playAndKill(new FakeClock(301), { speed: 1000 }, allCandles.slice(0, 400));
    const replay = await openReplay(new FakeClock(), { speed: 1000 }, allCandles.slice(0, 400));
    const bar = lines.at(-1)?.fields['bar'];
    expect(bar).to.be.a('number').that.is.lessThan(300).and.at.least(100);
    expect(ordersOf(replay.trader)).to.not.have.length(0);
  });

  it('keeps its pace: timers that are late by turns leave the whole duration as it was', async () => {
    const clock = new FakeClock(201);
    clock.latenessMs = (wait) => (wait % 7) * 10;
    await play(clock, { speed: 10 });
    expect(clock.nowMs()).to.be.within(20_000, 20_060);
  });

  it('plays on when speed changes and starts afresh, saying why, when another param does', async () => {
    await play(new FakeClock(201), { speed: 1000 });
    const faster = await play(new FakeClock(1), { speed: 2 });
    expect(lines.at(-1)?.message).to.equal('continuing at bar 200 of 5105');
    expect(faster.trader.book.ordersTaken).to.be.greaterThan(0);
    const fresh = await play(new FakeClock(1), { starting_cash: '5' });
    const warning = lines.findLast(({ level }) => level === 'warn');
    expect(warning?.message)
      .to.include('starting afresh')
      .and.to.include('another value of starting_cash');
    expect(fresh.trader.book.ordersTaken).to.equal(0);
  });

  it('starts afresh, saying why, from a damaged checkpoint', async () => {
    await play(new FakeClock(201), { speed: 1000 });
    await writeFile(path.join(folder, 'a.json'), '{"version":1,');
    const replay = await play(new FakeClock(), { speed: 1000 });
    expect(lines.map(({ message }) => message).join()).to.include('it is not JSON');
    expect(balanceOf(replay.trader, 'replay', true).cash).to.equal('13286.9693682417215');
  });

  it('trades on while checkpoints cannot be saved, and says so once and when it ends', async () => {
    const clock = new FakeClock(201);
    const replay = await openReplay(clock, {}, allCandles, 'blocked/a.json');
    await writeFile(path.join(folder, 'blocked'), 'a file where the folder should be');
    const stop = new AbortController();
    const running = replay.run(stop.signal);
    await clock.standing;
    await rm(path.join(folder, 'blocked'));
    stop.abort();
    await running;
    expect(trades()).to.have.length.greaterThan(0);
    const aboutSaving = lines.filter(({ message }) => message.includes('save'));
    expect(aboutSaving.map(({ level }) => level)).to.deep.equal(['error', 'info']);
    expect(aboutSaving[0]?.message).to.include('a restart would continue at bar 0');
    const again = await play(new FakeClock(1), {}, allCandles, 'blocked/a.json');
    expect(again.trader.book).to.deep.equal(replay.trader.book);
  });
});
