/**
 * What somebody should know without asking: told in the log, in the journal and as an event, and by
 * the command and the webhook of the configuration. Whoever raises an alert waits for none of them.
 */
import { hostname } from 'node:os';
import type { AlertsConfig } from '../../config/effective.ts';
import type { Log } from '../logs/daemon-log.ts';
import type { System } from '../system.ts';
import { type Alert, inOneLine, type NewAlert, type Severity, weighsAtLeast } from './alert.ts';
import { commandDelivery, type CommandOptions } from './command.ts';
import { Cooldown } from './cooldown.ts';
import { LifeAlerts } from './life-alerts.ts';
import { Outlet } from './outlet.ts';
import { webhookDelivery } from './webhook.ts';

export interface AlertsOptions {
  readonly system: System;
  readonly home: string;
  /** Asked anew each time, since it may be changed while the daemon runs. */
  readonly config: () => AlertsConfig;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** An entry in the journal of this module, or of the daemon. */
  readonly record: (
    module: string,
    alert: { severity: Severity; type: string; text: string },
  ) => void;
  readonly publish: (topic: string, data: Readonly<Record<string, string | null>>) => void;
  readonly environment: CommandOptions['environment'];
  readonly run: CommandOptions['run'];
}

const levels = { info: 'info', warning: 'warn', critical: 'error' } as const;
/** Of the lines of a module. */
const outputLinesMax = 20;
const outputLineLengthMax = 500;

export class Alerts {
  /** Is told what happens to modules, and raises what of it is an alert. */
  readonly life: LifeAlerts;
  readonly #options: AlertsOptions;
  readonly #cooldown = new Cooldown();
  readonly #command: Outlet<Alert>;
  readonly #webhook: Outlet<Alert>;

  constructor(options: AlertsOptions) {
    this.#options = options;
    const { system, home, config, log, environment, run } = options;
    this.life = new LifeAlerts({ raise: this.raise, onRestart: () => config().onRestart });
    const sender = { host: hostname(), home };
    const command = commandDelivery({ system, sender, config, environment, run });
    this.#command = new Outlet({ name: 'alert command', deliver: command, system, log });
    const webhook = webhookDelivery({ system, sender, config });
    this.#webhook = new Outlet({ name: 'alert webhook', deliver: webhook, system, log });
  }

  /** Never throws, and returns at once. */
  readonly raise = (raised: NewAlert): void => {
    const { system, config } = this.#options;
    // One that weighs more than its like is not held back with that.
    const kind = JSON.stringify([raised.module, raised.type, raised.severity]);
    const heldBack = this.#cooldown.pass(kind, system.monotonicMs(), config().cooldownMs);
    if (heldBack === null) return;
    const output = (raised.output ?? []).slice(-outputLinesMax);
    const alert: Alert = {
      ...raised,
      output: output.map((line) => line.slice(0, outputLineLengthMax)),
      time: new Date(system.now()).toISOString(),
      heldBack,
    };
    this.#tellAtHome(alert);
    this.#tellOutside(alert);
  };

  /** Resolves when nothing of it runs any more, about a second later if something hangs. */
  async stop(): Promise<void> {
    await Promise.all([this.#command.stop(), this.#webhook.stop()]);
  }

  #tellAtHome(alert: Alert): void {
    const { log, record, publish } = this.#options;
    const { severity, module, type, message } = alert;
    const text = inOneLine(alert);
    const about = module === null ? {} : { module };
    log[levels[severity]]({ ...about, alert: type, severity }, text);
    this.#attempt('write it in the journal', () => {
      record(module ?? 'daemon', { severity, type, text });
    });
    this.#attempt('publish it', () => {
      publish('system.alert', { severity, module, type, message });
    });
  }

  #tellOutside(alert: Alert): void {
    const { minSeverity, command, webhook } = this.#options.config();
    if (!weighsAtLeast(alert.severity, minSeverity)) return;
    if (command !== null) this.#command.take(alert);
    if (webhook !== null) this.#webhook.take(alert);
  }

  #attempt(doing: string, tell: () => void): void {
    try {
      tell();
    } catch (err) {
      this.#options.log.error({ err }, `cannot tell of an alert: cannot ${doing}`);
    }
  }
}
