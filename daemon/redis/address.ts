/** Where a Redis is, taken out of its URL by us: ioredis would also take options after a "?". */
import { percentDecoded } from '../../rpc/percent.ts';

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly username: string | null;
  readonly password: string | null;
  /** Number of the database. */
  readonly db: number;
}

/** @param url valid, as the schema of the configuration says */
export function redisAddress(url: string): RedisAddress {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  return {
    // A URL has an IPv6 address in brackets.
    host: hostname.replaceAll(/[[\]]/g, ''),
    port: port === '' ? 6379 : Number(port),
    isTls: protocol === 'rediss:',
    username: username === '' ? null : percentDecoded(username),
    password: password === '' ? null : percentDecoded(password),
    db: Number(pathname.slice(1)),
  };
}

/** For people: never with user or password. */
export function shownAddress({ host, port, db }: RedisAddress): string {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return db === 0 ? place : `${place}/${db}`;
}
