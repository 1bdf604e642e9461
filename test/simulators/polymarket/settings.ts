import { parseArgs } from 'node:util';
import { z } from 'zod';
import { fullSchedule } from './fault-schedule.ts';
import { defaultOptions, type SimulatorOptions } from './options.ts';

const share = z.number().min(0).max(1);
const port = z.number().int().min(0).max(65_535);

/** As params of a module; on the command line with dashes instead of underscores. */
const schema = z.strictObject({
  port: port.default(8137),
  /** Null: the one after `port`. */
  control_port: port.nullable().default(null),
  seed: z.number().int().default(1),
  markets: z.number().int().min(1).max(50_000).default(500),
  trades_per_second: z.number().min(0).max(20_000).default(20),
  /** Nothing is traded until the control port is told to resume. */
  paused: z.boolean().default(false),
  resolutions_per_minute: z.number().min(0).max(600).default(2),
  resolution_step_seconds: z.number().min(0).default(10),
  book_every_orders: z.number().int().min(1).default(1),
  hashless_share: share.default(0),
  twin_share: share.default(0),
  rest_lag_seconds: z.number().min(0).default(0),
  /** `full`: everything goes wrong in turn, with quiet times between. */
  faults: z.enum(['none', 'full']).default('none'),
  fault_start_seconds: z.number().min(0).default(30),
  fault_minutes: z.number().min(0).default(60),
  fault_quiet_seconds: z.number().min(0).default(20),
});

export type Settings = z.infer<typeof schema>;

/** What the module's params or the command line say; throws with what is wrong with them. */
export function readSettings(params: object, argv: readonly string[]): Settings {
  const names = Object.keys(schema.shape);
  const { values } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(names.map((name) => [dashed(name), { type: 'string' as const }])),
  });
  const given = Object.fromEntries(
    names.flatMap((name) => {
      const text = values[dashed(name)];
      return typeof text === 'string' ? [[name, read(text)]] : [];
    }),
  );
  const parsed = schema.safeParse({ ...valuesOf(params), ...given });
  if (parsed.success) return parsed.data;
  throw new Error(z.prettifyError(parsed.error));
}

export function simulatorOptions(settings: Settings): Partial<SimulatorOptions> {
  return {
    ...defaultOptions,
    seed: settings.seed,
    markets: settings.markets,
    tradesPerSecond: settings.trades_per_second,
    isPaused: settings.paused,
    port: settings.port,
    bookEveryOrders: settings.book_every_orders,
    hashlessShare: settings.hashless_share,
    twinShare: settings.twin_share,
    resolutionsPerMinute: settings.resolutions_per_minute,
    resolutionStepMs: settings.resolution_step_seconds * 1000,
    restLagMs: settings.rest_lag_seconds * 1000,
    faults:
      settings.faults === 'none'
        ? []
        : fullSchedule(settings.seed, {
            fromMs: settings.fault_start_seconds * 1000,
            untilMs: settings.fault_start_seconds * 1000 + settings.fault_minutes * 60_000,
            quietMs: settings.fault_quiet_seconds * 1000,
          }),
  };
}

/** What comes from `${NAME}` in a configuration, or from the command line, is text. */
const read = (text: string): unknown =>
  /^\d+(\.\d+)?$/.test(text) ? Number(text) : text === 'true' ? true : text;

function valuesOf(params: object): object {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'string' ? read(value) : value,
    ]),
  );
}

const dashed = (name: string): string => name.replaceAll('_', '-');
