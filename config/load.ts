/** Loading a configuration directory: files in, one configuration or all its problems out. */
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { readDocument } from './document.ts';
import type { ReadDocument } from './document.ts';
import { effectiveConfig, withInherited } from './effective.ts';
import type { Config } from './effective.ts';
import { masked } from './mask.ts';
import { ownValue } from './own-value.ts';
import { socketPathBytesMax } from './paths.ts';
import type { Environment } from './paths.ts';
import { sortedProblems } from './problems.ts';
import type { Problem } from './problems.ts';
import { readSource } from './source.ts';
import { validate } from './validate.ts';

export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      /** The effective configuration in the keys of the file, without secrets: fit for any output. */
      readonly masked: unknown;
      readonly dir: string;
      /** The folder that holds the directory; relative paths have been resolved against it. */
      readonly baseDir: string;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads `daemon.yaml` and, for `${}` alone, `.env` beside it; a variable of the real environment
 * wins over `.env`. Mistakes are a value, not an exception. Reads synchronously, at most 2 MB.
 */
export function loadConfig(from: {
  readonly configDir: string;
  readonly env: Environment;
}): LoadedConfig {
  const dir = resolve(from.configDir);
  const baseDir = dirname(dir);
  const dotEnv = readDotEnv(join(dir, '.env'));
  const lookup = (name: string) => ownText(from.env, name) ?? ownText(dotEnv.variables, name);

  const read = readYaml(join(dir, 'daemon.yaml'), lookup);
  const problems = [...dotEnv.problems, ...read.problems, ...socketProblems(read, baseDir)];
  const validated = read.isParsed ? validate(read) : null;
  if (validated?.ok === false) {
    // A value that could not even be read needs no second opinion.
    const told = new Set(problems.map(({ key }) => key));
    problems.push(...validated.problems.filter(({ key }) => !told.has(key)));
  }
  if (validated?.ok !== true || problems.length > 0)
    return { ok: false, problems: sortedProblems(problems) };

  const document = withInherited(validated.document, from.env['DAEMON_AUTH_TOKEN']);
  const config = effectiveConfig(document, baseDir);
  return { ok: true, config, masked: masked(document, read.isInterpolated), dir, baseDir };
}

function readYaml(path: string, lookup: (name: string) => string | undefined): ReadDocument {
  const source = readSource(path);
  if (source.kind === 'text') return readDocument(source.text, path, lookup);
  const empty = readDocument('{}', path, lookup);
  const message =
    source.kind === 'missing' ? 'does not exist, expected a configuration file' : source.message;
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
