/**
 * Tells a web service: a POST of the alert as JSON. The URL is a secret, so no message names it, nor
 * any part of it; redirects would hand the alert to somebody else, so they are not followed.
 */
import type { IncomingMessage, RequestOptions } from 'node:http';
import type { AlertsConfig } from '../../config/effective.ts';
import { isPrivateUrl } from '../../config/loopback.ts';
import type { System } from '../system.ts';
import { type Alert, type Sender, toDocument } from './alert.ts';
import type { Deliver } from './outlet.ts';

export interface WebhookOptions {
  readonly system: System;
  readonly sender: Sender;
  readonly config: () => Pick<AlertsConfig, 'webhook' | 'includeOutput'>;
}

/** From the connection to the head of the answer; what follows is not read. */
const timeoutMs = 5000;
const retryDelayMs = 1000;

type Answer =
  | { readonly kind: 'taken' }
  /** `again`: another try may help. */
  | { readonly kind: 'refused'; readonly why: string; readonly again: boolean };

export function webhookDelivery(options: WebhookOptions): Deliver<Alert> {
  const { system, sender } = options;
  return async (alert, dropped, signal) => {
    const { webhook, includeOutput } = options.config();
    // Taken out of the configuration since.
    if (webhook === null) return null;
    if (!isPrivateUrl(webhook)) return 'its URL is neither https nor of a loopback address';
    const body = JSON.stringify(toDocument(alert, dropped, sender, includeOutput));
    const first = await post(system, webhook, body, signal);
    if (first.kind === 'taken') return null;
    if (!first.again || signal.aborted) return first.why;
    await pause(system, signal);
    const second = await post(system, webhook, body, signal);
    return second.kind === 'taken' ? null : second.why;
  };
}

async function post(
  system: System,
  webhook: string,
  body: string,
  signal: AbortSignal,
): Promise<Answer> {
  // Loaded here, because TLS costs megabytes and most daemons have no webhook.
  const isTls = webhook.startsWith('https:');
  const { request } = isTls ? await import('node:https') : await import('node:http');
  const over = new AbortController();
  const timer = system.after(timeoutMs, () => over.abort());
  const answer = await new Promise<Answer>((resolve) => {
    const options: RequestOptions = {
      ...loopbackByAddress(webhook),
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      signal: AbortSignal.any([signal, over.signal]),
    };
    const call = request(webhook, options, (response) => {
      resolve(judge(response));
      call.destroy();
    });
    call.once('error', (error: NodeJS.ErrnoException) => {
      const late = `no answer within ${timeoutMs / 1000} s`;
      const why = over.signal.aborted ? late : (error.code ?? 'the connection failed');
      resolve({ kind: 'refused', why, again: true });
    });
    call.end(body);
  });
  timer.cancel();
  return answer;
}

/** What the name stands for is this machine's to say, and may change: only addresses are certain. */
function loopbackByAddress(webhook: string): RequestOptions {
  const { protocol, hostname } = new URL(webhook);
  return protocol === 'http:' && hostname === 'localhost' ? { hostname: '127.0.0.1' } : {};
}

function judge({ statusCode = 0 }: IncomingMessage): Answer {
  if (statusCode >= 200 && statusCode < 300) return { kind: 'taken' };
  const isRedirect = statusCode >= 300 && statusCode < 400;
  const why = `it answered with status ${statusCode}`;
  return {
    kind: 'refused',
    why: isRedirect ? `${why}, a redirect, which is not followed` : why,
    again: statusCode >= 500 || statusCode === 408 || statusCode === 429,
  };
}

function pause(system: System, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = system.after(retryDelayMs, finish);
    signal.addEventListener('abort', finish);
  });
}
