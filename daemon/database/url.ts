/** Which database modules are told of, as the URL in SUPERBOT_DATABASE_URL. Pure. */
import type { Config } from '../../config/effective.ts';

/** What runs the embedded PostgreSQL; modules and the shell connect as `superbot` to `superbot`. */
const shippedName = 'database';
const name = 'superbot';

/**
 * Of the embedded server, as `pg` and libpq understand it.
 * @param where the folder of its socket (on port 5432), or its port on this host
 */
export function embeddedUrl(where: string | number, password: string): string {
  const credentials = `${name}:${encodeURIComponent(password)}`;
  if (typeof where === 'number') return `postgresql://${credentials}@127.0.0.1:${where}/${name}`;
  return `postgresql://${credentials}@/${name}?host=${encodeURIComponent(where)}`;
}

/** Whether the daemon's own configuration has the embedded server run. */
export function hasEmbedded({ modules }: Pick<Config, 'modules'>): boolean {
  return [...modules.values()].some(
    (module) =>
      module.enabled &&
      module.type === 'node' &&
      module.entry.kind === 'shipped' &&
      module.entry.name === shippedName,
  );
}
