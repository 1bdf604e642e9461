/** Loading a configuration directory: files in, one configuration or all its problems out. */
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import { daemonCombinationMistakes, literalCredentials, literalWebhook } from './combinations.ts';
import { connectorsFile } from './connectors-schema.ts';
import { databaseUrlProblems, isDatabaseUrl, withDatabaseUrl } from './database-url.ts';
import { readDocument } from './document.ts';
import type { ReadDocument } from './document.ts';
import type { Config } from './effective.ts';
import { infrastructureFile } from './infrastructure-schema.ts';
import { withoutLegacyGroups } from './legacy.ts';
import { masked } from './mask.ts';
import { ownValue } from './own-value.ts';
import { socketPathBytesMax } from './paths.ts';
import type { Environment } from './paths.ts';
import { sortedProblems } from './problems.ts';
import type { Problem } from './problems.ts';
import { referenceMistakes } from './references.ts';
import type { Mistake } from './references.ts';
import { effectiveConfig, withInherited } from './resolve.ts';
import { daemonFile } from './schema.ts';
import type { DaemonDocument } from './schema.ts';
import { readSource } from './source.ts';
import { validate } from './validate.ts';
import { noticesOfKeysWithoutEffect } from './without-effect.ts';

export type EffectiveDocument = DaemonDocument & Readonly<Record<string, unknown>>;

/** Any value may be `***` here. */
export interface MaskedDocument {
  readonly daemon: Readonly<Record<string, unknown>>;
  readonly [file: string]: unknown;
}

export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      /** The effective configuration in the keys of the files, with its secrets. */
      readonly document: EffectiveDocument;
      /** The same without secrets: fit for any output. */
      readonly masked: MaskedDocument;
      /** What is not wrong, but not as its author may think. */
      readonly notices: readonly Problem[];
      readonly dir: string;
      /** The folder that holds the directory; relative paths have been resolved against it. */
      readonly baseDir: string;
    }
  | {
      readonly ok: false;
      readonly problems: readonly Problem[];
      readonly notices: readonly Problem[];
    };

/**
 * Reads `daemon.yaml`, where there are such `infrastructure.yaml` and `connectors.yaml`, and, for
 * `${}` alone, `.env` beside them; a variable of the real environment wins over `.env`. Mistakes are
 * a value, not an exception. Reads synchronously, at most 4 MB.
 */
export function loadConfig(from: {
  readonly configDir: string;
  readonly env: Environment;
}): LoadedConfig {
  const dir = resolve(from.configDir);
  const baseDir = dirname(dir);
  const dotEnv = readDotEnv(join(dir, '.env'));
  const lookup = (name: string) => ownText(from.env, name) ?? ownText(dotEnv.variables, name);
  const readFile = (name: string) => readYaml(join(dir, name), lookup);

  const legacy = withoutLegacyGroups(
    readFile('daemon.yaml') ??
      noFile(join(dir, 'daemon.yaml'), 'does not exist, expected a configuration file'),
  );
  const daemon = judge(legacy.read, daemonFile, (read) => [
    ...referenceMistakes(read.value),
    ...daemonCombinationMistakes(read.value),
    ...literalWebhook(read),
  ]);
  const infrastructure = judge(readFile('infrastructure.yaml'), infrastructureFile, () => []);
  const connectors = judge(readFile('connectors.yaml'), connectorsFile, literalCredentials);

  const files = [daemon, infrastructure, connectors];
  const notices = sortedProblems([
    ...legacy.notices,
    ...files.flatMap(({ read }) => noticesOfKeysWithoutEffect(read)),
  ]);
  const problems = [
    ...dotEnv.problems,
    ...databaseUrlProblems(from.env['DATABASE_URL']),
    ...socketProblems(daemon.read, baseDir),
    ...files.flatMap((file) => file.problems),
  ];
  if (problems.length > 0 || !daemon.document || !infrastructure.document || !connectors.document)
    return { ok: false, problems: sortedProblems(problems), notices };

  const effective = withInherited(daemon.document, from.env['DAEMON_AUTH_TOKEN']);
  const shared = withDatabaseUrl(infrastructure.document, from.env['DATABASE_URL']);
  const document = { ...effective, ...shared, ...connectors.document };
  return {
    ok: true,
    config: effectiveConfig({ ...effective, ...shared }, baseDir),
    document,
    // The first key of a path says which file it is of; no other file has one like it.
    masked: masked(
      document,
      (path) => isDatabaseUrl(path) || files.some(({ read }) => read.isInterpolated(path)),
    ) as MaskedDocument,
    notices,
    dir,
    baseDir,
  };
}

interface Judged<T> {
  readonly read: ReadDocument;
  readonly document: T | null;
  readonly problems: readonly Problem[];
}

/** A file that is not there has its defaults. */
function judge<T>(
  read: ReadDocument | null,
  schema: z.ZodType<T>,
  mistakesIn: (read: ReadDocument) => readonly Mistake[],
): Judged<T> {
  const present = read ?? readDocument('{}', '', () => undefined);
  if (!present.isParsed) return { read: present, document: null, problems: present.problems };
  const validated = validate(present, schema, mistakesIn(present));
  if (validated.ok)
    return { read: present, document: validated.document, problems: present.problems };
  // A value that could not even be read needs no second opinion.
  const told = new Set(present.problems.map(({ key }) => key));
  const others = validated.problems.filter(({ key }) => !told.has(key));
  return { read: present, document: null, problems: [...present.problems, ...others] };
}

/** Null when there is no such file. */
function readYaml(path: string, lookup: (name: string) => string | undefined): ReadDocument | null {
  const source = readSource(path);
  if (source.kind === 'text') return readDocument(source.text, path, lookup);
  return source.kind === 'missing' ? null : noFile(path, source.message);
}

function noFile(path: string, message: string): ReadDocument {
  const empty = readDocument('{}', path, () => undefined);
  return { ...empty, isParsed: false, problems: [empty.problemAt([], 'value', message)] };
}

function readDotEnv(path: string): { variables: Environment; problems: Problem[] } {
  const source = readSource(path);
  if (source.kind === 'text') return { variables: parseEnv(source.text), problems: [] };
  if (source.kind === 'missing') return { variables: {}, problems: [] };
  const problem = { file: path, line: 1, column: 1, key: '', message: source.message };
  return { variables: {}, problems: [problem] };
}

/** Apart from the schema, because the length that counts is that of the absolute path. */
function socketProblems(read: ReadDocument, baseDir: string): Problem[] {
  const path = ['daemon', 'ipc', 'socket_path'];
  const written = ownValue(read.value, path);
  if (typeof written !== 'string') return [];
  const bytes = Buffer.byteLength(resolve(baseDir, written));
  if (bytes <= socketPathBytesMax()) return [];
  const message = `has ${bytes} bytes as an absolute path, expected at most ${socketPathBytesMax()}`;
  return [read.problemAt(path, 'value', message)];
}

function ownText(variables: Environment, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}
