/**
 * `npm run soak -- --collector [--minutes 30] [--seed N] [--rate 2000] [--markets 400]`: the collector
 * on the simulated venue with every fault in turn, and module, daemon, keeper and database killed one
 * after the other in the first half. At the end the database has to be what the venue did, row by row.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Comparison, compareTrades } from '../support/collected-trades.ts';
import { until } from '../support/until.ts';
import { schema, SoakHouse, type Victim, victims } from './collector-house.ts';
import { notedDisruptions } from './collector-disruptions.ts';
import { comparedResolutions } from './collector-resolutions.ts';
import { Samples } from './collector-samples.ts';
import { SoakVenue } from './collector-venue.ts';

export interface CollectorSoak {
  readonly seed: number;
  readonly minutes: number;
  readonly tradesPerSecond: number;
  readonly markets: number;
}

export interface CollectorReport {
  readonly text: string;
  readonly isFailed: boolean;
}

const minuteMs = 60_000;
const deathEveryMs = 75_000;
const lookEveryMs = 5000;
/** Longer than a silent connection may go unnoticed; then all that is missing is known. */
const noticedMs = 45_000;
const settleMs = 6 * minuteMs;
const promptShareMin = 0.99;
const memorySlopeMax = 1;

export async function soakCollector(options: CollectorSoak): Promise<CollectorReport> {
  const venue = await SoakVenue.start({
    seed: options.seed,
    markets: options.markets,
    'trades-per-second': options.tradesPerSecond,
    'book-every-orders': 20,
    'resolutions-per-minute': 4,
    'twin-share': 0.02,
    faults: 'full',
    'fault-start-seconds': 60,
    // The last minute is quiet.
    'fault-minutes': Math.max(0, options.minutes - 1.5),
  });
  const house = new SoakHouse((await venue.state()).urls);
  const samples = new Samples();
  try {
    await house.start();
    await until(
      'the collector listens to every market',
      async () => (await venue.state()).tokens >= options.markets * 2,
      2 * minuteMs,
    );
    const startMs = Date.now();
    await venue.resume();
    const { deaths, deathTimes } = await run(venue, house, samples, options.minutes);
    await venue.pause();
    const compared = await settled(venue, house);
    return await report(options, venue, house, { startMs, samples, deaths, deathTimes, compared });
  } finally {
    venue.close();
    await house.dispose();
  }
}

/** Kills in the first half, looks all the time; returns how often each died, and when the module. */
async function run(
  venue: SoakVenue,
  house: SoakHouse,
  samples: Samples,
  minutes: number,
): Promise<{ deaths: Record<Victim, number>; deathTimes: number[] }> {
  const deathTimes: number[] = [];
  const deaths = { module: 0, daemon: 0, keeper: 0, database: 0 };
  const startMs = performance.now();
  const passedMs = () => performance.now() - startMs;
  let nextDeathMs = Math.min(deathEveryMs, (minutes * minuteMs) / 12);
  let nextMemoryMs = minuteMs;
  let turn = 0;
  while (passedMs() < minutes * minuteMs) {
    await delay(lookEveryMs);
    if (passedMs() > nextDeathMs && passedMs() < (minutes * minuteMs) / 2) {
      const victim = victims[turn++ % victims.length]!;
      samples.noteDeath();
      if (victim === 'module') deathTimes.push(Date.now());
      await house.kill(victim);
      samples.noteDeath();
      deaths[victim]++;
      nextDeathMs += Math.min(deathEveryMs, (minutes * minuteMs) / 12);
      console.error(`${minute(passedMs())} min: ${victim} was killed and is back`);
    } else if (await samples.isCalm(venue)) {
      await samples.lookAtPromptness(venue, house);
    }
    if (passedMs() > nextMemoryMs) {
      nextMemoryMs += minuteMs;
      await samples.lookAtMemory(passedMs() / minuteMs, house);
      const { trades, connections } = await venue.state();
      console.error(`${minute(passedMs())} min: ${trades} trades, ${connections} connections`);
    }
  }
  return { deaths, deathTimes };
}

/** Waits until the collector knows of nothing that is to be fetched, and compares. */
async function settled(venue: SoakVenue, house: SoakHouse): Promise<Comparison> {
  const { trades } = await venue.state();
  const beganMs = performance.now();
  const passedMs = () => performance.now() - beganMs;
  let isIdle = false;
  while (!isIdle && passedMs() < settleMs) {
    await delay(lookEveryMs);
    const stored = await house.withDatabase(async (client) => {
      const text = `SELECT count(*) n FROM ${schema}.trades`;
      return Number((await client.query<{ n: string }>(text)).rows[0]?.n);
    });
    const listener = (await house.status())?.trade_listener;
    const isEmpty = listener?.backfill_pending === 0 && listener.queue_depth === 0;
    // Silence without trades ends connections too, and each end is another gap to look through.
    isIdle =
      stored >= trades ? isEmpty || passedMs() > 2 * noticedMs : isEmpty && passedMs() > noticedMs;
  }
  console.error(`settled after ${Math.round(passedMs() / 1000)} s, idle: ${isIdle}`);
  return house.withDatabase((client) => compareTrades(client, schema, venue.ledger()));
}

async function report(
  { seed, minutes, tradesPerSecond, markets }: CollectorSoak,
  venue: SoakVenue,
  house: SoakHouse,
  run: {
    readonly startMs: number;
    readonly samples: Samples;
    readonly deaths: Readonly<Record<Victim, number>>;
    readonly deathTimes: readonly number[];
    readonly compared: Comparison;
  },
): Promise<CollectorReport> {
  const { samples, compared } = run;
  const faults = await venue.faults();
  const resolutions = await comparedResolutions(house, await venue.resolutions());
  const coverage = await house.coverage(run.startMs);
  const status = await house.status();
  const { prompt, memorySlope } = samples;
  const promptText = [...prompt].map(([ms, of]) => `${(of * 100).toFixed(2)} % in ${ms} ms`);
  const noted = await notedDisruptions(house, faults, run.deathTimes);
  const worst = samples.p99s.length === 0 ? null : Math.max(...samples.p99s);
  const lines = [
    `seed ${seed}, ${minutes} minutes, ${tradesPerSecond} trades a second in ${markets} markets`,
    `made ${compared.made}, stored ${compared.stored}, lost ${compared.lost}, doubled ${compared.doubled}, with another time ${compared.mistimed}`,
    ...compared.examples,
    `faults of the venue ${faults.length}, killed ${JSON.stringify(run.deaths)}`,
    `resolutions ${resolutions.made}, right ${resolutions.right}, wrong ${resolutions.wrong}`,
    `disruptions of the stream ${noted.all}, of them in the coverage ledger ${noted.noted}`,
    `gaps left in the coverage ledger ${coverage?.gaps_total ?? 'unknown'}, back-filled ranges ${coverage?.backfilled.length ?? 'unknown'}`,
    `reconnections of the present run ${status?.trade_listener?.reconnections ?? 'unknown'}`,
    `from match to commit in calm times: ${promptText.join(', ') || 'there were none'}`,
    `p99 from frame to commit as the collector tells it, worst in calm times: ${worst ?? 'not told'} ms`,
    `private memory of the collector: at most ${samples.memoryMax.toFixed(1)} MB, ${memorySlope?.toFixed(2) ?? 'too short for a'} MB per 10 minutes`,
  ];
  const isFailed =
    compared.lost + compared.doubled + compared.mistimed > 0 ||
    resolutions.right < resolutions.made ||
    noted.noted < noted.all ||
    (prompt.get(2000) ?? 1) < promptShareMin ||
    (memorySlope !== null && memorySlope > memorySlopeMax);
  return { text: lines.join('\n'), isFailed };
}

const minute = (ms: number) => (ms / minuteMs).toFixed(1);
