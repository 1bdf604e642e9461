/**
 * `daemon.modules`: what one module is. A further module type is one more member of
 * `moduleDefinition`; a further section one more key of `everywhere`.
 */
import * as z from 'zod';
import { flag, list, mapping, pattern, text, whole } from './fields.ts';
import {
  argv,
  dependsOn,
  health,
  limits,
  port,
  ready,
  serverReady,
  restart,
  stop,
  threadLimits,
  threadStop,
  wants,
} from './module-sections.ts';
import { host, namespace, pythonApp, pythonModule, variableName } from './names.ts';

const anyJson = z.json().meta({ id: 'json' });
const anyText = z.string({ error: 'text, in quotes if it looks like a number' });

const everywhere = {
  args: list(anyText, 'arguments'),
  params: mapping(z.string(), anyJson),
  provides: list(namespace, 'namespaces'),
  env: mapping(variableName, anyText),
  env_inherit: list(variableName, 'variable names'),
  depends_on: dependsOn,
  wants,
  restart,
  ready,
  health,
};

/** What every module has besides that is a process of its own. */
const common = {
  ...everywhere,
  cwd: text('a directory').default('.'),
  user: pattern(/^([A-Za-z_][\w.-]{0,31}|\d{1,10})$/, 'the name of a user, or null')
    .nullable()
    .default(null),
  stop,
  limits,
};

const script = pattern(
  /^(?!superbot:)[^]+$|^superbot:[a-z][a-z0-9_-]{0,47}$/,
  'the path of a script, or superbot:NAME for a shipped module',
);

const web = {
  app: pythonApp,
  debug: flag().default(false),
  healthcheck_endpoint: pattern(/^\/\S*$/, 'a path such as /health, or null')
    .nullable()
    .default(null),
};

const enabled = flag().default(true);

const node = z.strictObject({
  enabled,
  // Its default is for the JSON Schema: `withDefaultType` fills it in.
  type: z.literal('node').default('node'),
  module: script,
  ...common,
});

const thread = z.strictObject({
  enabled,
  type: z.literal('thread'),
  module: script,
  ...everywhere,
  stop: threadStop,
  limits: threadLimits,
});

const exec = z.strictObject({ enabled, type: z.literal('exec'), command: argv, ...common });

const python = z.strictObject({
  enabled,
  type: z.literal('python'),
  module: pythonModule,
  ...common,
});

const uvicorn = z.strictObject({
  enabled,
  type: z.literal('uvicorn'),
  host: host.default('127.0.0.1'),
  port: port.default(8000),
  workers: whole(1, 1000).default(1),
  ...web,
  ...common,
  ready: serverReady,
});

const flask = z.strictObject({
  enabled,
  type: z.literal('flask'),
  host: host.default('0.0.0.0'),
  port: port.default(8080),
  ...web,
  ...common,
  ready: serverReady,
});

const types = 'node, thread, exec, python, uvicorn, flask';

/** Node is the default type, so that a module may be just its path. */
export const moduleDefinition = z.preprocess(
  withDefaultType,
  z.discriminatedUnion('type', [node, thread, exec, python, uvicorn, flask], {
    error: ({ input }) => (isMapping(input) ? `one of ${types}` : 'a mapping of keys to values'),
  }),
);

/** What can be said about a module whose type is not known. */
export const anyModule = z.looseObject(common);

export type ModuleDocument = z.output<typeof moduleDefinition>;

function withDefaultType(value: unknown): unknown {
  if (value === null) return { type: 'node' };
  return isMapping(value) && !Object.hasOwn(value, 'type') ? { type: 'node', ...value } : value;
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
