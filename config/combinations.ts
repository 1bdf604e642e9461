/** Keys that are sound each by itself, but not together, or not as they are written. */
import { credentialKeys } from './connectors-schema.ts';
import type { ReadDocument } from './document.ts';
import { isHealthKind } from './module-sections.ts';
import { ownValue } from './own-value.ts';
import type { Mistake } from './references.ts';

export function daemonCombinationMistakes(document: unknown): Mistake[] {
  const modules = ownValue(document, ['daemon', 'modules']);
  return [
    ...keysAt(modules).flatMap((name) => healthMistakes(name, modules)),
    ...scheduleMistakes(ownValue(document, ['daemon', 'schedule']), keysAt(modules)),
  ];
}

/** A secret belongs in the environment or in `.env`, which are not copied around with the file. */
export function literalCredentials(read: ReadDocument): Mistake[] {
  const exchanges = ['connectors', 'exchanges'];
  return keysAt(ownValue(read.value, exchanges)).flatMap((name) =>
    credentialKeys
      .map((key) => [...exchanges, name, key])
      .filter((path) => typeof ownValue(read.value, path) === 'string')
      .filter((path) => !read.isInterpolated(path))
      .map((path) => ({ path, expected: 'a reference such as "${EXCHANGE_API_KEY}"' })),
  );
}

/** Whoever knows the URL of a webhook can post to it: it is a secret like the credentials. */
export function literalWebhook(read: ReadDocument): Mistake[] {
  const path = ['daemon', 'alerts', 'webhook'];
  if (typeof ownValue(read.value, path) !== 'string' || read.isInterpolated(path)) return [];
  return [{ path, message: 'is written out, expected a reference such as "${ALERT_WEBHOOK}"' }];
}

function healthMistakes(name: string, modules: unknown): Mistake[] {
  const endpoint = ownValue(modules, [name, 'healthcheck_endpoint']) ?? null;
  const kind = keysAt(ownValue(modules, [name, 'health'])).find(isHealthKind);
  if (endpoint === null || kind === undefined) return [];
  const path = ['daemon', 'modules', name, 'healthcheck_endpoint'];
  return [{ path, message: `is given beside health.${kind}, expected only one of them` }];
}

function scheduleMistakes(schedule: unknown, modules: readonly string[]): Mistake[] {
  const needs = (key: string, module: string): Mistake[] =>
    modules.includes(module)
      ? []
      : [
          {
            path: ['daemon', 'schedule', key],
            message: `is for the module "${module}", expected one of that name in daemon.modules`,
          },
        ];
  const backtest = ownValue(schedule, ['daily_backtest', 'enabled']);
  return [
    ...(typeof ownValue(schedule, ['trading_start']) === 'string'
      ? needs('trading_start', 'trading')
      : []),
    ...(backtest === true || backtest === 'true' ? needs('daily_backtest', 'backtest') : []),
  ];
}

function keysAt(value: unknown): string[] {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapping ? Object.keys(value) : [];
}
