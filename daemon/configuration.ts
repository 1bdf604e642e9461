/**
 * The configuration that the daemon works with: read from its directory at the start and again when
 * somebody asks, replaced only by one without mistakes.
 */
import { isAbsolute, resolve } from 'node:path';
import type { Config } from '../config/effective.ts';
import { type EffectiveDocument, loadConfig, type MaskedDocument } from '../config/load.ts';
import { ownValue } from '../config/own-value.ts';
import type { Environment } from '../config/paths.ts';
import { formatProblem } from '../config/problems.ts';
import type { MethodResult } from '../rpc/contract.ts';
import { RpcError } from '../rpc/errors.ts';

export interface ConfigurationSource {
  readonly dir: string;
  /** What references in the files are replaced from. */
  readonly environment: Environment;
  /** Whose modules take the place of those of `autostart`; null for none. */
  readonly profile: string | null;
}

export interface CurrentConfiguration {
  readonly config: Config;
  /** In the keys of the files, with its secrets. */
  readonly document: EffectiveDocument;
  /** The same without secrets. */
  readonly masked: MaskedDocument;
  /** What is not wrong, but not as its author may think. */
  readonly notices: readonly string[];
}

export class Configuration {
  readonly #source: ConfigurationSource;
  #current: CurrentConfiguration;
  #version = 1;

  /** Reads it. Throws `ConfigurationError` when it cannot be used. */
  constructor(source: ConfigurationSource) {
    this.#source = { ...source, dir: resolve(source.dir) };
    this.#current = this.read();
  }

  get dir(): string {
    return this.#source.dir;
  }

  get profile(): string | null {
    return this.#source.profile;
  }

  get current(): CurrentConfiguration {
    return this.#current;
  }

  get config(): Config {
    return this.#current.config;
  }

  /** Counts the configurations that were in force since the daemon began. */
  get version(): number {
    return this.#version;
  }

  /** The files as they are now; nothing follows from it. Throws `ConfigurationError`. */
  read(): CurrentConfiguration {
    const { dir, environment, profile } = this.#source;
    const loaded = loadConfig({ configDir: dir, env: environment });
    if (!loaded.ok) throw new ConfigurationError(dir, loaded.problems.map(formatProblem));
    const { document, masked, notices } = loaded;
    const config = withProfile(loaded.config, profile, dir);
    return { config, document, masked, notices: notices.map(formatProblem) };
  }

  /** Puts another one in force, but for where the daemon answers: that holds until its end. */
  replace(next: CurrentConfiguration): void {
    const { config, document, masked } = this.#current;
    this.#current = {
      ...next,
      config: { ...next.config, ipc: config.ipc },
      document: withIpcOf(next.document, document),
      masked: withIpcOf(next.masked, masked),
    };
    this.#version += 1;
  }

  /** Without secrets. */
  show(): MethodResult<'config.show'> {
    return this.#current.masked as MethodResult<'config.show'>;
  }

  /** Reads the files as they are now. */
  validate(dir = this.#source.dir): MethodResult<'config.validate'> {
    if (!isAbsolute(dir))
      throw new RpcError('invalidParams', `invalid params: dir "${dir}" is not an absolute path`);
    const judged = loadConfig({ configDir: dir, env: this.#source.environment });
    return {
      problems: judged.ok ? [] : judged.problems.map(formatProblem),
      notices: judged.notices.map(formatProblem),
    };
  }

  /** Any value, masked. */
  valueAt(path: string): MethodResult<'config.get'> {
    return valueIn(this.#current.masked, path);
  }

  /**
   * With its secrets, which are in the module's environment anyway. Refuses another's section, and of
   * what modules share all but the sizes of pools and the database.
   */
  ownValueAt(path: string, module: string): MethodResult<'config.get'> {
    const own = `daemon.modules.${module}`;
    const readable = [own, ...sharedSections];
    if (readable.some((section) => path === section || path.startsWith(`${section}.`)))
      return valueIn(this.#current.document, path);
    throw new RpcError(
      'refused',
      `a module may read its own section only, ${own}, and ${sharedSections.join(' and ')}`,
      { reason: 'not_own_section' },
    );
  }
}

/** What every module may read; there is no secret in them but what it has in its environment. */
const sharedSections = [
  'infrastructure.connection_pool',
  'daemon.resource_allocation.thread_pools',
  'infrastructure.database',
];

/** The files hold mistakes; `problems` are all of them, as `file:line:column: key: what is wrong`. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];

  constructor(dir: string, problems: readonly string[]) {
    super(`the configuration in "${dir}" cannot be used:\n${problems.join('\n')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

function withProfile(config: Config, profile: string | null, dir: string): Config {
  if (profile === null) return config;
  const autostart = config.profiles.get(profile);
  if (autostart) return { ...config, autostart };
  const known = [...config.profiles.keys()].join(', ') || 'none';
  const problem = `there is no profile "${profile}" — daemon.profiles has: ${known}`;
  throw new ConfigurationError(dir, [problem]);
}

function withIpcOf<D extends EffectiveDocument | MaskedDocument>(document: D, other: D): D {
  const { ipc } = other.daemon;
  return { ...document, daemon: { ...document.daemon, ipc } };
}

function valueIn(document: unknown, path: string): MethodResult<'config.get'> {
  const value = ownValue(document, path.split('.')) ?? null;
  return { value: value as MethodResult<'config.get'>['value'] };
}
