/**
 * `daemon.modules`: what one module is, and how it is started, restarted and stopped. A further
 * module type is one more member of `moduleDefinition`; a further section one more key of `common`.
 */
import { constants } from 'node:os';
import { z } from 'zod';
import {
  choice,
  duration,
  flag,
  fraction,
  group,
  list,
  mapping,
  pattern,
  text,
  whenMapping,
  whole,
} from './fields.ts';
import { durationMs } from './units.ts';

const reservedNames = new Set(['daemon', 'keeper', 'all']);
const daemonNamespaces = new Set(
  'daemon module monitoring logs schedule events subscription cache config link auth rpc'.split(
    ' ',
  ),
);
const namePattern = /^[a-z][a-z0-9_-]{0,47}$/;
const nameRule = 'up to 48 lower-case letters, digits, "_" and "-", a letter first';

/** A module's name: it becomes file names, a method namespace and an environment value. */
export const moduleName = pattern(namePattern, `a name of ${nameRule}`).refine(
  (name) => !reservedNames.has(name),
  { error: 'a name other than daemon, keeper and all, which are reserved' },
);

const namespace = pattern(namePattern, `a namespace of ${nameRule}`).refine(
  (name) => !daemonNamespaces.has(name),
  { error: "a namespace that is not the daemon's own" },
);

const variableName = pattern(
  /^(?!SUPERBOT_)[A-Za-z_][A-Za-z0-9_]*$/,
  'a variable name of letters, digits and "_" that does not begin with SUPERBOT_, which the daemon sets',
);

const signal = z
  .string({ error: 'the name of a signal such as SIGTERM' })
  .refine((name) => Object.hasOwn(constants.signals, name), {
    error: 'the name of a signal of this platform such as SIGTERM, SIGINT or SIGQUIT',
  });

const restart = group({
  policy: choice(['never', 'on_failure', 'always']).default('always'),
  // Without a default: daemon.watchdog.max_restart_attempts is it.
  max_restarts: whole(0, 1_000_000).optional(),
  base_delay: duration('0s', '1d').default('1s'),
  max_delay: duration('0s', '1d').default('60s'),
  jitter: fraction(0, 1).default(0.1),
  // Node's timers overflow above 24.8 days and then fire at once.
  reset_after: duration('1s', '24d').default('1h'),
  retry_failed: duration('1s', '24d').nullable().default(null),
});

const checkedRestart = restart.refine(
  ({ base_delay, max_delay }) => atMost(base_delay, max_delay),
  { path: ['max_delay'], error: 'at least base_delay', when: whenMapping },
);

const ready = group({
  link: z.literal(true, { error: 'true, or another way to be ready' }).optional(),
  after: duration('0s', '1d').optional(),
  timeout: duration('10ms', '1d').default('30s'),
})
  .refine(({ link, after }) => link === undefined || after === undefined, {
    error: 'either link or after, not both',
    when: whenMapping,
  })
  .refine(({ after, timeout }) => after === undefined || atMost(after, timeout), {
    path: ['after'],
    error: 'at most timeout, or the module could never become ready',
    when: whenMapping,
  })
  .overwrite((value) =>
    value.link === undefined && value.after === undefined ? { after: '1s', ...value } : value,
  );

const stop = group({
  signal: signal.default('SIGTERM'),
  timeout: duration('0s', '1h').default('10s'),
  scope: choice(['tree', 'group', 'process']).default('tree'),
});

const common = {
  args: list(z.string({ error: 'text, in quotes if it looks like a number' }), 'arguments'),
  params: mapping(z.string(), z.json()),
  provides: list(namespace, 'namespaces'),
  env: mapping(variableName, z.string({ error: 'text, in quotes if it looks like a number' })),
  env_inherit: list(variableName, 'variable names'),
  cwd: text('a directory').default('.'),
  user: pattern(/^([A-Za-z_][\w.-]{0,31}|\d{1,10})$/, 'the name of a user, or null')
    .nullable()
    .default(null),
  restart: checkedRestart,
  ready,
  stop,
};

const node = z.strictObject({
  enabled: flag().default(true),
  type: z.literal('node'),
  module: pattern(
    /^(?!superbot:)[^]+$|^superbot:[a-z][a-z0-9_-]{0,47}$/,
    'the path of a script, or superbot:NAME for a shipped module',
  ),
  ...common,
});

const exec = z.strictObject({
  enabled: flag().default(true),
  type: z.literal('exec'),
  command: z
    .array(text('text'), { error: 'a list: the program and its arguments' })
    .min(1, { error: 'a list of at least the program' }),
  ...common,
});

/** Node is the default type, so that a module may be just its path. */
export const moduleDefinition = z.preprocess(
  withDefaultType,
  z.discriminatedUnion('type', [node, exec], {
    error: ({ input }) => (isMapping(input) ? 'one of node, exec' : 'a mapping of keys to values'),
  }),
);

/** What can be said about a module whose type is not known. */
export const anyModule = z.looseObject(common);

export type ModuleDocument = z.output<typeof moduleDefinition>;

function atMost(lesser: unknown, greater: unknown): boolean {
  const lesserMs = durationMs(lesser);
  const greaterMs = durationMs(greater);
  // A value that is no duration is another check's finding.
  return lesserMs === null || greaterMs === null || lesserMs <= greaterMs;
}

function withDefaultType(value: unknown): unknown {
  if (value === null) return { type: 'node' };
  return isMapping(value) && !Object.hasOwn(value, 'type') ? { type: 'node', ...value } : value;
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
