/** The clean environment of a module: little of the daemon's, then what the module is told. */
import type { ModuleConfig } from '../../../config/effective.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The last is a folder that the database module is to look in; none is a secret. */
const inherited = ['PATH', 'HOME', 'USER', 'LANG', 'TZ', 'TMPDIR', 'SUPERBOT_PG_BIN'];

export interface LaunchFacts {
  readonly home: string;
  readonly endpoint: string;
  readonly launch: string;
  readonly linkToken: string;
  readonly params: unknown;
  /** Null where there is no database. */
  readonly databaseUrl: string | null;
}

/** Secrets of the daemon's own environment reach a module only by name, through `env_inherit`. */
export function moduleEnvironment(
  { name, env, envInherit }: Pick<ModuleConfig, 'name' | 'env' | 'envInherit'>,
  daemonEnvironment: Environment,
  facts: LaunchFacts,
): Record<string, string> {
  return {
    ...cleanEnvironment(daemonEnvironment, envInherit),
    ...env,
    SUPERBOT_HOME: facts.home,
    SUPERBOT_ENDPOINT: facts.endpoint,
    SUPERBOT_MODULE: name,
    SUPERBOT_LAUNCH: `${name}:${facts.launch}`,
    SUPERBOT_LINK_TOKEN: facts.linkToken,
    SUPERBOT_PARAMS: JSON.stringify(facts.params),
    ...(facts.databaseUrl === null ? {} : { SUPERBOT_DATABASE_URL: facts.databaseUrl }),
  };
}

/** What every program of the user's gets of the daemon's environment, and what it asks for by name. */
export function cleanEnvironment(
  daemonEnvironment: Environment,
  envInherit: readonly string[] = [],
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [variable, value] of Object.entries(daemonEnvironment)) {
    if (value === undefined) continue;
    const passed = inherited.includes(variable) || variable.startsWith('LC_');
    if (passed || envInherit.includes(variable)) result[variable] = value;
  }
  return result;
}
