/** Looks from outside at whether a module answers. */
import { connect } from 'node:net';
import type { System } from '../system.ts';

/** Never rejects: whatever goes wrong is a no. The signal ends the look. */
export type Probe = (signal: AbortSignal) => Promise<boolean>;

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
    void probe(AbortSignal.any([over.signal, AbortSignal.timeout(lookTimeoutMs)])).then((isYes) => {
      if (over.signal.aborted) return;
      if (isYes) onYes();
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
        resolve(true);
        socket.destroy();
      });
      // Refused, or no answer in time; the close follows.
      socket.once('error', () => socket.destroy());
      socket.once('close', () => resolve(false));
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
      const request = get(url, { signal, agent: false }, ({ statusCode = 0 }) => {
        resolve(statusCode >= 200 && statusCode < 400);
        request.destroy();
      });
      request.once('error', () => resolve(false));
    });
  };
}
