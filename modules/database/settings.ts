/** How the embedded server is called. Pure. */

/** Where it listens: in a folder, or where there are no Unix sockets, on a port of this host alone. */
export type Listening =
  | { readonly kind: 'socket'; readonly folder: string }
  | { readonly kind: 'port'; readonly port: number };

export const connectionsMax = 200;

/** Its own log, in a folder of the cluster: files of so many bytes, or of a day. */
export const logFolder = 'log';
const logFileMb = 10;

export function serverArguments(data: string, listening: Listening): string[] {
  const settings = {
    ...listeningSettings(listening),
    max_connections: connectionsMax,
    shared_buffers: '128MB',
    max_wal_size: '1GB',
    // What a client was told is committed survives the death of everything.
    synchronous_commit: 'on',
    fsync: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'on',
    log_directory: logFolder,
    log_filename: 'postgresql-%Y%m%d-%H%M%S.log',
    log_rotation_size: `${logFileMb}MB`,
    log_rotation_age: '1d',
    log_checkpoints: 'off',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', data, ...options];
}

function listeningSettings(listening: Listening): Record<string, string | number> {
  if (listening.kind === 'port') return { listen_addresses: '127.0.0.1', port: listening.port };
  return {
    listen_addresses: '',
    port: 5432,
    unix_socket_directories: quoted(listening.folder),
    unix_socket_permissions: '0700',
  };
}

/** It is a list, in which a comma would divide. */
function quoted(folder: string): string {
  return `"${folder.replaceAll('"', '""')}"`;
}
