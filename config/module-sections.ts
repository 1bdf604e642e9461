/** The groups of keys inside a module: when it waits, restarts, is ready, is healthy, stops. */
import { constants } from 'node:os';
import * as z from 'zod';
import {
  atMost,
  choice,
  duration,
  fraction,
  group,
  list,
  pattern,
  size,
  text,
  whenMapping,
  whole,
} from './fields.ts';

/** A program and its arguments. */
export const argv = z
  .array(text('text'), { error: 'a list: the program and its arguments' })
  .min(1, { error: 'a list of at least the program' });

export const port = whole(1, 65_535);

const urlForm = 'a URL such as http://127.0.0.1:8080/health';
const httpUrl = pattern(/^https?:\/\/[^\s/]+\S*$/, urlForm).refine((text) => URL.canParse(text), {
  error: urlForm,
});

const justTrue = z.literal(true, { error: 'true, or another way' }).optional();

const signal = z
  .string({ error: 'the name of a signal such as SIGTERM' })
  .refine((name) => Object.hasOwn(constants.signals, name), {
    error: 'the name of a signal of this platform such as SIGTERM, SIGINT or SIGQUIT',
  });

const moduleReference = text('the name of a module');

/** A list means: ready. That the names are modules, and no circle, is `references.ts`'s to check. */
export const dependsOn = z
  .union(
    [
      z.array(moduleReference),
      z.record(z.string(), choice(['started', 'ready', 'healthy', 'completed'])),
    ],
    { error: 'a list of module names, or a mapping of names to conditions' },
  )
  .default([]);

export const wants = list(moduleReference, 'module names');

export const restart = group({
  policy: choice(['never', 'on_failure', 'always']).default('always'),
  // Without a default: daemon.watchdog.max_restart_attempts is it.
  max_restarts: whole(0, 1_000_000).optional(),
  base_delay: duration('0s', '1d').default('1s'),
  max_delay: duration('0s', '1d').default('60s'),
  jitter: fraction(0, 1).default(0.1),
  // Node's timers overflow above 24.8 days and then fire at once.
  reset_after: duration('1s', '24d').default('1h'),
  retry_failed: duration('1s', '24d').nullable().default(null),
})
  .refine(({ base_delay, max_delay }) => atMost(base_delay, max_delay), {
    path: ['max_delay'],
    error: 'at least base_delay',
    when: whenMapping,
  })
  .meta({ id: 'module.restart' });

const readyKinds = ['link', 'log', 'http', 'tcp', 'after'] as const;

/** As it is written; what is the default depends on the type. */
const writtenReady = group({
  link: justTrue,
  log: text('a regular expression')
    .refine(isRegularExpression, { error: 'a regular expression of JavaScript' })
    .optional(),
  http: httpUrl.optional(),
  tcp: port.optional(),
  after: duration('0s', '1d').optional(),
  timeout: duration('10ms', '1d').default('30s'),
})
  .refine((value) => given(value, readyKinds).length <= 1, {
    error: `only one of ${readyKinds.join(', ')}`,
    when: whenMapping,
  })
  .refine(({ after, timeout }) => after === undefined || atMost(after, timeout), {
    path: ['after'],
    error: 'at most timeout, or the module could never become ready',
    when: whenMapping,
  })
  .meta({ id: 'module.ready' });

export const ready = writtenReady.overwrite((value) =>
  given(value, readyKinds).length === 0 ? { after: '1s', ...value } : value,
);

/** A server is ready when its own port answers, which `resolve-module.ts` fills in. */
export const serverReady = writtenReady;

const healthKinds = ['link', 'http', 'tcp', 'exec'] as const;

/** Without a kind: link, or the module's `healthcheck_endpoint`. */
export const health = group({
  link: justTrue,
  http: httpUrl.optional(),
  tcp: port.optional(),
  exec: argv.optional(),
  interval: duration('1s', '1d').default('30s'),
  timeout: duration('10ms', '1h').default('5s'),
  failures: whole(1, 1000).default(3),
  start_period: duration('0s', '1d').default('0s'),
})
  .refine((value) => given(value, healthKinds).length <= 1, {
    error: `only one of ${healthKinds.join(', ')}`,
    when: whenMapping,
  })
  .meta({ id: 'module.health' });

export function isHealthKind(key: string): boolean {
  return healthKinds.some((kind) => kind === key);
}

const stopKeys = {
  timeout: duration('0s', '1h').default('10s'),
  scope: choice(['tree', 'group', 'process']).default('tree'),
};
export const stop = group({ signal: signal.default('SIGTERM'), ...stopKeys }).meta({
  id: 'module.stop',
});
/** A thread gets no signal: it is asked over its link, then terminated. */
export const threadStop = group(stopKeys);

const memory = size('1M', '16384G').nullable().default(null);
export const limits = group({
  memory,
  // Of one core: two of them busy are 200.
  cpu_percent: fraction(1, 100_000).nullable().default(null),
}).meta({ id: 'module.limits' });
/** The processor's time is counted for the whole process that all threads share. */
export const threadLimits = group({ memory });

function given<K extends string>(value: Readonly<Partial<Record<K, unknown>>>, keys: readonly K[]) {
  return keys.filter((key) => value[key] !== undefined);
}

function isRegularExpression(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
