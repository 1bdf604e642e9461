/**
 * What modules want somebody to know: an event of a module whose topic ends in `alert`, such as
 * `risk.alert`, is an alert of the daemon's, and goes wherever those go.
 */
import type { Log } from '../logs/daemon-log.ts';
import type { System } from '../system.ts';
import { type NewAlert, severities, type Severity } from './alert.ts';
import { Cooldown } from './cooldown.ts';

/** Whether the last word of the topic says so. */
export function isAlertTopic(topic: string): boolean {
  return topic === 'alert' || topic.endsWith('.alert');
}

/** Of one module and one severity; what comes beyond is told together. */
const typesMax = 20;
const windowMs = 5 * 60_000;
/** Modules times severities; of those that are no more nothing else is forgotten. */
const keptMax = 1000;
const messageLengthMax = 500;
/** How often the log is told of the same mistake. */
const mistakeSaidEveryMs = 10 * 60_000;

export interface AlertEvent {
  readonly module: string;
  /** One that `isAlertTopic`. */
  readonly topic: string;
  readonly data: unknown;
}

export interface ModuleAlertsOptions {
  readonly system: Pick<System, 'monotonicMs'>;
  readonly raise: (alert: NewAlert) => void;
  readonly log: Pick<Log, 'warn'>;
}

export class ModuleAlerts {
  readonly #options: ModuleAlertsOptions;
  readonly #mistakes = new Cooldown();
  /** What each module has told lately, by severity. */
  readonly #told = new Map<string, { readonly sinceMs: number; readonly types: Set<string> }>();

  constructor(options: ModuleAlertsOptions) {
    this.#options = options;
  }

  take(event: AlertEvent): void {
    const { system, raise, log } = this.#options;
    const read = readModuleAlert(event);
    if (read.kind === 'alert') {
      raise(this.#isOneTooMany(read.alert) ? together(read.alert) : read.alert);
      return;
    }
    const { module, topic } = event;
    const mistake = JSON.stringify([module, topic]);
    const others = this.#mistakes.pass(mistake, system.monotonicMs(), mistakeSaidEveryMs);
    if (others === null) return;
    const again = others === 0 ? '' : ` (and ${others} more since this was last said)`;
    log.warn({ module, topic }, `nobody is told of an alert of ${module}: ${read.why}${again}`);
  }

  /** A cooldown holds back what is the same; this bounds how many different ones there are. */
  #isOneTooMany({ module, severity, type }: NewAlert): boolean {
    const nowMs = this.#options.system.monotonicMs();
    const key = JSON.stringify([module, severity]);
    let told = this.#told.get(key);
    if (told === undefined || nowMs - told.sinceMs >= windowMs) {
      told = { sinceMs: nowMs, types: new Set() };
      // Deleted first, so that the map stays in the order of time.
      this.#told.delete(key);
      this.#told.set(key, told);
      const [oldest] = this.#told.keys();
      if (this.#told.size > keptMax && oldest !== undefined) this.#told.delete(oldest);
    }
    if (told.types.has(type)) return false;
    if (told.types.size >= typesMax) return true;
    told.types.add(type);
    return false;
  }
}

type Reading =
  { readonly kind: 'alert'; readonly alert: NewAlert } | { readonly kind: 'mistake'; why: string };

/**
 * The type has a dot in it, `risk.daily_loss` or `risk.alert`, as none of the daemon's own has: a
 * module cannot hold back what the daemon says of it. Pure.
 */
export function readModuleAlert({ module, topic, data }: AlertEvent): Reading {
  const { severity, message, type } = (data ?? {}) as Record<string, unknown>;
  if (!isSeverity(severity)) {
    const expected = `expected ${severities.join(', ')}`;
    return { kind: 'mistake', why: `"${topic}" has no severity — ${expected}` };
  }
  const text = typeof message === 'string' ? inOneLine(message) : '';
  if (text === '') return { kind: 'mistake', why: `"${topic}" has no message — expected a text` };
  const about = topic.split('.').slice(0, -1).join('.') || module;
  const word = typeof type === 'string' && wordPattern.test(type) ? type : 'alert';
  const alert = { severity, module, type: `${about}.${word}`, message: text };
  return { kind: 'alert', alert };
}

const wordPattern = /^[A-Za-z0-9_-]{1,64}$/;

function isSeverity(value: unknown): value is Severity {
  return severities.includes(value as Severity);
}

function inOneLine(message: string): string {
  const line = message
    .slice(0, 2 * messageLengthMax)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > messageLengthMax ? `${line.slice(0, messageLengthMax - 1)}…` : line;
}

function together({ severity, module, message }: NewAlert): NewAlert {
  const what = `${module} raises more than ${typesMax} kinds of alerts within ${windowMs / 60_000} minutes`;
  const where = "`superbot-cli events '**.alert'` shows the others as they come";
  return {
    severity,
    module,
    type: 'too_many_alerts',
    message: `${what}, and this is one of the rest: ${message} — ${where}`,
  };
}
