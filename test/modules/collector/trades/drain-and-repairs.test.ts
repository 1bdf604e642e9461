import { expect } from 'chai';
import { describe, it } from 'mocha';
import { createLogger } from '../../../../modules/api/log.ts';
import type { Trade } from '../../../../modules/collector/rows.ts';
import { Drain } from '../../../../modules/collector/trades/drain.ts';
import { type Gap, Repairs } from '../../../../modules/collector/trades/repairs.ts';
import { TradeQueue } from '../../../../modules/collector/trades/trade-queue.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const log = createLogger(() => undefined);

function queued(n: number) {
  const fill = { tokenId: '1', side: 'BUY', price: '1', size: '1', transactionHash: null } as const;
  const trade: Trade = { id: String(n), atMs: n, source: 'stream', ...fill };
  return { trade, stream: 'trades/0', receivedAtMs: n };
}

describe('the drain of the queue', () => {
  function draining(addTrades: (trades: readonly Trade[], signal?: AbortSignal) => Promise<void>) {
    const clock = new FakeClock();
    const queue = new TradeQueue(100);
    const [stop, deadline] = [new AbortController(), new AbortController()];
    let batches = 0;
    const drain = new Drain({
      queue,
      store: { addTrades },
      batchMax: 10,
      deadline: deadline.signal,
      clock,
      log,
      onStored: (count) => (batches += count),
    });
    for (let n = 0; n < 25; n += 1) queue.offer(queued(n));
    return { clock, queue, drain, stop, deadline, batches: () => batches };
  }

  it('keeps what cannot be stored, in its order, and tries again until it can', async () => {
    const stored = new Set<string>();
    let attempts = 0;
    const { clock, queue, drain, stop, batches } = draining((trades) => {
      attempts += 1;
      if (attempts <= 6) return Promise.reject(new Error('the database is away'));
      for (const { id } of trades) stored.add(id);
      return Promise.resolve();
    });
    const running = drain.run(stop.signal);
    await clock.advance(0);
    expect(queue.depth).to.equal(25);
    await clock.advance(60_000);
    expect(queue.depth).to.equal(0);
    expect([...stored]).to.deep.equal(Array.from({ length: 25 }, (_, n) => String(n)));
    expect(batches()).to.equal(3);
    stop.abort();
    await running;
  });

  it('gives up what is left at the deadline, and says how many', async () => {
    const { drain, deadline, queue } = draining(
      (_trades, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('too late')), { once: true });
        }),
    );
    const left = drain.empty();
    deadline.abort();
    expect(await left).to.equal(25);
    expect(queue.depth).to.equal(25);
  });
});

describe('the repair of gaps', () => {
  function repairing(backfill: (fromMs: number) => Promise<number>) {
    const clock = new FakeClock();
    const beganMs = clock.monotonicMs();
    const walks: { at: number; from: number; to: number; tokens: number | null }[] = [];
    const repaired: string[] = [];
    const stop = new AbortController();
    const repairs = new Repairs({
      backfill: (tokenIds, { fromMs, toMs }) => {
        const at = clock.monotonicMs() - beganMs;
        walks.push({ at, from: fromMs, to: toMs, tokens: tokenIds?.length ?? null });
        return backfill(fromMs);
      },
      onRepaired: ({ stream }, rows) => repaired.push(`${stream} ${rows}`),
      afterMs: [5000, 60_000],
      clock,
      log,
    });
    const running = repairs.run(stop.signal);
    const end = async () => {
      stop.abort();
      await running;
    };
    return { clock, repairs, walks, repaired, end };
  }
  const gap = (stream: string, fromMs: number, toMs: number, tokenIds = ['a']): Gap => {
    return { stream, fromMs, toMs, tokenIds };
  };

  it('fetches twice, and only then calls it repaired', async () => {
    const { clock, repairs, walks, repaired, end } = repairing(() => Promise.resolve(3));
    repairs.add(gap('trades/0', 100, 200));
    await clock.advance(59_999);
    expect(walks.map(({ at }) => at)).to.deep.equal([5000]);
    expect(repairs.open).to.equal(1);
    await clock.advance(1);
    expect(walks.map(({ at }) => at)).to.deep.equal([5000, 60_000]);
    expect(repaired).to.deep.equal(['trades/0 6']);
    expect(repairs).to.include({ open: 0, rowsTotal: 6 });
    await end();
  });

  it('takes gaps of the same time in one walk, and joins those of one stream', async () => {
    const { clock, repairs, walks, repaired, end } = repairing(() => Promise.resolve(0));
    repairs.add(gap('trades/0', 100, 200));
    repairs.add(gap('trades/0', 300, 400, ['b']));
    repairs.add(gap('trades/1', 150, 500, ['c']));
    expect(repairs.open).to.equal(2);
    await clock.advance(60_000);
    expect(walks).to.deep.equal([
      { at: 5000, from: 100, to: 500, tokens: 3 },
      { at: 60_000, from: 100, to: 500, tokens: 3 },
    ]);
    expect(repaired).to.deep.equal(['trades/0 0', 'trades/1 0']);
    await end();
  });

  it('does not fetch the tokens of one gap for the much longer time of another', async () => {
    const { clock, repairs, walks, end } = repairing(() => Promise.resolve(0));
    repairs.add(gap('trades/0', 0, 100, ['a', 'b']));
    repairs.add(gap('trades/1', 3_600_000, 3_600_100, ['c']));
    repairs.add(gap('trades/1', 7_200_000, 7_200_100, ['d', 'e', 'f']));
    await clock.advance(60_000);
    const once = [
      { from: 0, to: 100, tokens: 2 },
      { from: 3_600_000, to: 3_600_100, tokens: 1 },
      { from: 7_200_000, to: 7_200_100, tokens: 3 },
    ];
    expect(walks.map(({ from, to, tokens }) => ({ from, to, tokens }))).to.deep.equal([
      ...once,
      ...once,
    ]);
    expect(repairs.open).to.equal(0);
    await end();
  });

  it('tries again what failed, and is not put off for ever by gaps that follow', async () => {
    let failures = 3;
    const { clock, repairs, repaired, walks, end } = repairing(() =>
      failures-- > 0 ? Promise.reject(new Error('503')) : Promise.resolve(1),
    );
    for (let second = 0; second < 62; second += 1) {
      repairs.add(gap('trades/0', second * 1000, second * 1000 + 500));
      await clock.advance(1000);
    }
    expect(walks.length).to.be.above(0);
    await clock.advance(600_000);
    expect(failures).to.be.below(0);
    expect(repairs.open).to.equal(0);
    expect(repaired.length).to.be.above(0);
    await end();
  });
});
