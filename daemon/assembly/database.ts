/** The database that modules are told of at their launch. */
import type { HomePaths } from '../../config/paths.ts';
import type { Configuration } from '../configuration.ts';
import { embeddedDatabase } from '../database/place.ts';
import { hasEmbedded } from '../database/url.ts';
import type { Log } from '../logs/daemon-log.ts';

export interface DatabaseSources {
  readonly paths: HomePaths;
  readonly configuration: Configuration;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

/**
 * The URL of the one that the configuration or `DATABASE_URL` names, else of the embedded one where
 * there is a module that runs it; null where there is none. As the configuration is now. What keeps
 * the embedded one from being told of is in the log: modules that need none go on without it.
 */
export function databaseUrl({
  paths,
  configuration,
  environment,
  log,
}: DatabaseSources): string | null {
  const { config } = configuration;
  if (config.database.url !== null) return config.database.url;
  if (!hasEmbedded(config)) return null;
  try {
    return embeddedDatabase(paths.dataDir, { platform: process.platform, environment });
  } catch (err) {
    log.error({ err }, 'cannot tell modules of the embedded database');
    return null;
  }
}
