/**
 * How ioredis gets its socket. Its own way listens for one error of it. TLS may have two to tell: that
 * the certificate is refused, then what the other side says to that; the second one ended the daemon.
 */
import { connect as connectPlainly, isIP, type Socket } from 'node:net';
import { connect as connectSafely } from 'node:tls';
import type { AbstractConnector, RedisOptions } from 'ioredis';
import type { RedisAddress } from './address.ts';

/** @param Base ioredis's, which is loaded only where there is a Redis */
export function connectorTo(
  { host, port, isTls }: RedisAddress,
  Base: typeof AbstractConnector,
  disconnectTimeoutMs: number,
): NonNullable<RedisOptions['Connector']> {
  return class Connector extends Base {
    constructor() {
      super(disconnectTimeoutMs);
    }

    connect(): Promise<Socket> {
      this.connecting = true;
      const servername = isIP(host) === 0 ? { servername: host } : {};
      this.stream = isTls
        ? connectSafely({ host, port, ...servername })
        : connectPlainly({ host, port });
      // For its whole life; ioredis tells of the first one itself.
      this.stream.on('error', (error) => (this.firstError ??= error));
      return Promise.resolve(this.stream);
    }
  };
}
