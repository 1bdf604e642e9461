import { expect } from 'chai';
import { describe, it } from 'mocha';
import { built, intervals } from './built.ts';

describe('the workers', () => {
  it('are built of four that poll and one that listens, and nothing runs before the start (row 1)', async () => {
    const { workers, pollers, ears, clock } = built();
    expect(workers.names).to.deep.equal([...Object.keys(intervals), 'trades']);
    await clock.advance(100_000);
    expect(Object.values(pollers).flatMap(({ cycles }) => cycles)).to.deep.equal([]);
    expect(ears).to.have.length(1);
    expect(workers.getHealth()).to.include({ tasks_alive: 0, tasks_dead: 0, uptime_seconds: 0 });
    await workers.stop();
  });

  it('start all at once and say how many, and end on a stop with two lines (row 2)', async () => {
    const { workers, clock, pollers, lines } = built();
    workers.start();
    workers.start();
    await clock.advance(0);
    for (const { cycles } of Object.values(pollers)) expect(cycles).to.have.length(1);
    expect(workers.getHealth()).to.include({ tasks_alive: 7, tasks_dead: 0 });
    await workers.stop();
    const said = ['Daemon started with 7 tasks', 'Daemon shutting down...', 'Daemon stopped'];
    expect(lines(30)).to.deep.equal(said);
    expect(workers.getHealth()).to.include({ tasks_alive: 0, tasks_dead: 0 });
  });

  it('log a cycle that throws once, count it, and come again after the interval (row 3)', async () => {
    const { workers, clock, pollers, lines } = built();
    pollers.prices.collect = () => Promise.reject(new Error('boom'));
    workers.start();
    await clock.advance(0);
    pollers.prices.collect = () => Promise.resolve(5);
    await clock.advance(59_999);
    expect(pollers.prices.cycles).to.have.length(1);
    await clock.advance(1);
    expect(pollers.prices.cycles).to.have.length(2);
    await workers.stop();
    expect(lines(50)).to.deep.equal(['prices: collection error']);
    expect(lines(20))
      .to.include('prices: collected 5 items')
      .and.include('metadata: collected 7 items');
    const { prices } = workers.getHealth().collectors;
    expect(prices).to.include({ error_count: 1, last_error: 'boom' });
  });

  it('end in their pauses at once, and what the end breaks off is no error (row 4)', async () => {
    const { workers, clock, pollers, lines } = built();
    pollers.metadata.collect = (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      });
    workers.start();
    await clock.advance(1000);
    // Time stands still: it resolves without any passing.
    await workers.stop();
    expect(lines(50)).to.deep.equal([]);
    expect(workers.getHealth().tasks_alive).to.equal(0);
  });

  it('wait for the listener when they stop, and a second stop is the first (row 5)', async () => {
    const { workers, ears, clock, lines } = built();
    workers.start();
    await clock.advance(0);
    await Promise.all([workers.stop(), workers.stop()]);
    await workers.stop();
    expect(ears[0]!.stops).to.equal(1);
    expect(lines(30).filter((line) => line === 'Daemon stopped')).to.have.length(1);
  });

  it('keep to the intervals without drifting, whatever a cycle takes (row 19)', async () => {
    const { workers, clock, pollers } = built();
    const beganMs = clock.monotonicMs();
    pollers.prices.collect = () =>
      new Promise((resolve) => void clock.after(7000, () => resolve(1)));
    pollers.orderbooks.collect = () =>
      new Promise((resolve) => void clock.after(310_000, () => resolve(1)));
    workers.start();
    await clock.advance(910_000);
    const since = (cycles: number[]) => cycles.map((ms) => (ms - beganMs) / 1000);
    expect(since(pollers.prices.cycles).slice(0, 4)).to.deep.equal([0, 60, 120, 180]);
    expect(since(pollers.prices.cycles).at(-1)).to.equal(900);
    expect(since(pollers.metadata.cycles)).to.deep.equal([0, 300, 600, 900]);
    // It takes longer than its interval: the cycle that fell into it is left out.
    expect(since(pollers.orderbooks.cycles)).to.deep.equal([0, 600]);
    const ended = workers.stop();
    await clock.advance(310_000);
    await ended;
  });

  it('restart one that crashed after 5, 10, 20, 40 and 60 s; the sixth crash is one critical alert (row 7)', async () => {
    const { workers, clock, ears, given, lines, pollers } = built();
    workers.start();
    await clock.advance(0);
    for (const [index, seconds] of [5, 10, 20, 40, 60].entries()) {
      ears.at(-1)!.breakWith(new Error(`crash ${index}`));
      await clock.advance(0);
      expect(workers.getHealth()).to.include({ tasks_alive: 6, tasks_dead: 1 });
      await clock.advance(seconds * 1000 - 1);
      expect(ears, `before ${seconds} s`).to.have.length(index + 1);
      await clock.advance(1);
      expect(ears, `after ${seconds} s`).to.have.length(index + 2);
    }
    ears.at(-1)!.breakWith(new Error('crash 5'));
    await clock.advance(600_000);
    expect(ears).to.have.length(6);
    expect(given).to.deep.equal(['trades']);
    expect(lines(50).filter((line) => line.includes('giving up'))).to.deep.equal([
      "'trades' exceeded max restarts (5), giving up",
    ]);
    expect(lines(40)).to.deep.equal([
      "Restarting 'trades' in 5s (attempt 1/5)",
      "Restarting 'trades' in 10s (attempt 2/5)",
      "Restarting 'trades' in 20s (attempt 3/5)",
      "Restarting 'trades' in 40s (attempt 4/5)",
      "Restarting 'trades' in 60s (attempt 5/5)",
    ]);
    expect(workers.getHealth()).to.include({ tasks_alive: 6, tasks_dead: 1, total_restarts: 5 });
    expect(pollers.prices.cycles, 'the others go on').to.have.length(13);
    await workers.stop();
  });

  it('wait out the delays beside one another (row 8)', async () => {
    const { workers, clock, ears, pollers, lines } = built();
    // A clock that fails in the pause is the one way to break a polling loop.
    const after = clock.after.bind(clock);
    let isBroken = true;
    clock.after = (delayMs, callback) => {
      if (isBroken && delayMs === 60_000) throw new Error('no timer');
      return after(delayMs, callback);
    };
    workers.start();
    await clock.advance(0);
    isBroken = false;
    ears[0]!.breakWith(new Error('crash'));
    await clock.advance(4999);
    expect(pollers.prices.cycles).to.have.length(1);
    await clock.advance(1);
    expect(ears).to.have.length(2);
    expect(pollers.prices.cycles).to.have.length(2);
    expect(lines(40).sort()).to.deep.equal([
      "Restarting 'prices' in 5s (attempt 1/5)",
      "Restarting 'trades' in 5s (attempt 1/5)",
    ]);
    await workers.stop();
  });

  it('start nothing any more when they stop while a restart is pending (row 9)', async () => {
    const { workers, clock, ears } = built();
    workers.start();
    await clock.advance(0);
    ears[0]!.breakWith(new Error('crash'));
    await clock.advance(1000);
    await workers.stop();
    await clock.advance(600_000);
    expect(ears).to.have.length(1);
  });

  it('listen with a fresh listener after a crash, and poll with the same collector (row 10)', async () => {
    const { workers, clock, ears, pollers } = built();
    workers.start();
    await clock.advance(0);
    ears[0]!.endsBy();
    await clock.advance(5000);
    expect(ears).to.have.length(2);
    expect(ears[1]).to.not.equal(ears[0]);
    expect(workers.getHealth().trade_listener.started_at).to.equal(ears[1]!.health.started_at);
    expect(workers.getHealth().tasks['trades']).to.deep.equal({ state: 'alive', restarts: 1 });
    await clock.advance(60_000);
    expect(pollers.prices.cycles).to.have.length(2);
    await workers.stop();
  });

  it('forget earlier crashes after an hour that went well', async () => {
    const { workers, clock, ears, lines } = built();
    workers.start();
    await clock.advance(0);
    ears[0]!.breakWith(new Error('crash'));
    await clock.advance(5000 + 3_600_000);
    ears[1]!.breakWith(new Error('crash'));
    await clock.advance(5000);
    expect(ears).to.have.length(3);
    expect(lines(40)).to.deep.equal(Array(2).fill("Restarting 'trades' in 5s (attempt 1/5)"));
    await workers.stop();
  });

  it('go on without their monitor, and show that it is dead (row 11)', async () => {
    const { workers, clock, ears, pollers, lines, log } = built();
    const warn = log.warn.bind(log);
    Object.assign(log, {
      warn: () => {
        throw new Error('the log is broken');
      },
    });
    workers.start();
    await clock.advance(0);
    ears[0]!.breakWith(new Error('crash'));
    await clock.advance(0);
    Object.assign(log, { warn });
    await clock.advance(120_000);
    expect(lines(50)).to.include("Task '_monitor' crashed");
    expect(workers.getHealth().tasks['_monitor']).to.deep.equal({ state: 'dead', restarts: 0 });
    expect(pollers.prices.cycles).to.have.length(3);
    expect(lines(50).filter((line) => line.includes('_monitor'))).to.have.length(1);
    await workers.stop();
  });

  it('log their health every minute, and tell it at any time (row 22)', async () => {
    const { workers, clock, pollers, lines } = built();
    workers.start();
    pollers.prices.stats = {
      last_collect_ts: '2026-01-01T00:00:00.000Z',
      total_items: 42,
      error_count: 1,
      last_error: 'late',
    };
    await clock.advance(60_000);
    const shown = lines(30).slice(1);
    expect(shown).to.deep.equal([
      '=== Daemon Health === uptime: 1m 0s | tasks: 7 alive, 0 dead | restarts: 0',
      'metadata: items=0 errors=0 last=never',
      'prices: items=42 errors=1 last=2026-01-01T00:00:00.000Z',
      'orderbooks: items=0 errors=0 last=never',
      'resolutions: items=0 errors=0 last=never',
      'trades: received=12 inserted=11 conns=1 queue=1',
    ]);
    await clock.advance(3_540_000 + 120_000);
    expect(lines(30).filter((line) => line.startsWith('==='))).to.have.length(62);
    expect(lines(30).at(-6)).to.include('uptime: 1h 2m |');
    const health = workers.getHealth();
    expect(health).to.include({ uptime_seconds: 3720, total_restarts: 0 });
    expect(health.collectors['prices']).to.deep.equal(pollers.prices.stats);
    expect(health.collectors['prices'], 'a copy').to.not.equal(pollers.prices.stats);
    await workers.stop();
  });

  it('collect once when they are asked to, and know no other names', async () => {
    const { workers, pollers } = built();
    const { signal } = new AbortController();
    expect(await workers.collect('prices', signal)).to.equal(7);
    expect(pollers.prices.cycles).to.have.length(1);
    expect(await workers.collect('trades', signal)).to.equal(3);
    expect(await workers.collect('constructor', signal)).to.equal(null);
    await workers.stop();
  });
});
