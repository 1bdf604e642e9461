/** Looks from outside at whether a module answers. */
import { connect } from 'node:net';
import type { System } from './system.ts';

/**
 * Resolves with null when it answered well, else with why not, in words. Never rejects. The signal
 * ends the look.
 */
export type Probe = (signal: AbortSignal) => Promise<string | null>;

const pauseMs = 100;
const lookTimeoutMs = 1000;

/**
 * Asks until the answer is yes, at once and then 100 ms after each no, and calls back once.
 * @returns ends the asking
 */
export function whenYes(system: System, probe: Probe, onYes: () => void): () => void {
  const over = new AbortController();
  let timer = system.after(0, look);
  function look(): void {
    void probe(AbortSignal.any([over.signal, AbortSignal.timeout(lookTimeoutMs)])).then((no) => {
      if (over.signal.aborted) return;
      if (no === null) onYes();
      else timer = system.after(pauseMs, look);
    });
  }
  return () => {
    over.abort();
    timer.cancel();
  };
}

/** Whether something accepts connections on this port of 127.0.0.1. */
export function tcpProbe(port: number): Probe {
  return (signal) =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, signal });
      socket.once('connect', () => {
        resolve(null);
        socket.destroy();
      });
      socket.once('error', (error) => {
        resolve(whyNot(error, signal));
        socket.destroy();
      });
      socket.once('close', () => resolve('the connection was closed'));
    });
}

/** Whether a GET of it is answered with 200 to 399, as Kubernetes has it. Redirects are not followed. */
export function httpProbe(url: string): Probe {
  return async (signal) => {
    // Loaded here, because TLS costs megabytes and most modules are asked in other ways.
    const { get } = url.startsWith('https:')
      ? await import('node:https')
      : await import('node:http');
    return new Promise((resolve) => {
      // The status is all that counts: of a body that never ends not a byte is read.
      const request = get(url, { signal, agent: false }, ({ statusCode = 0 }) => {
        const isWell = statusCode >= 200 && statusCode < 400;
        resolve(isWell ? null : `it answered with status ${statusCode}`);
        request.destroy();
      });
      request.once('error', (error) => resolve(whyNot(error, signal)));
    });
  };
}

function whyNot({ message, code }: NodeJS.ErrnoException, signal: AbortSignal): string {
  if (signal.aborted) return 'it did not answer in time';
  return code === 'ECONNREFUSED' ? 'nothing listens there' : message;
}
