import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import type { NewAlert } from '../../../daemon/alerts/alert.ts';
import { Alerts } from '../../../daemon/alerts/alerts.ts';
import {
  type AlertEvent,
  isAlertTopic,
  ModuleAlerts,
  readModuleAlert,
} from '../../../daemon/alerts/module-alerts.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const loss = { severity: 'critical', message: 'the loss of the day is over its limit' };

function event(data: unknown, topic = 'risk.alert'): AlertEvent {
  return { topic, module: 'trading', data };
}

describe('an event that ends in alert', () => {
  const rows: [title: string, AlertEvent, type: string, message?: string][] = [
    ['without a type', event(loss), 'risk.alert'],
    ['with a type', event({ ...loss, type: 'daily_loss' }), 'risk.daily_loss'],
    ['whose type is no word', event({ ...loss, type: 'a b' }), 'risk.alert'],
    ['whose type is one of the daemon’s', event({ ...loss, type: 'gone' }), 'risk.gone'],
    ['of several words', event(loss, 'eu.risk.alert'), 'eu.risk.alert'],
    ['that is nothing but alert', event(loss, 'alert'), 'trading.alert'],
    [
      'of several lines',
      event({ ...loss, message: ' a\r\n\u001b[2J\tb ' }),
      'risk.alert',
      'a [2J b',
    ],
    [
      'that is a novel',
      event({ ...loss, message: 'x'.repeat(1e6) }),
      'risk.alert',
      `${'x'.repeat(499)}…`,
    ],
  ];
  for (const [title, given, type, message = loss.message] of rows) {
    it(`${title} is an alert of its module`, () => {
      const alert = { severity: 'critical', module: 'trading', type, message };
      expect(readModuleAlert(given)).to.deep.equal({ kind: 'alert', alert });
    });
  }

  it('is told by its last word alone', () => {
    for (const topic of ['alert', 'risk.alert', 'a.b.alert'])
      expect(isAlertTopic(topic)).to.equal(true);
    for (const topic of ['risk.alerts', 'redalert', 'alert.risk', 'risk.no-alert'])
      expect(isAlertTopic(topic)).to.equal(false);
  });

  const mistakes: [title: string, data: unknown, why: string][] = [
    ['without anything', null, 'no severity — expected info, warning, critical'],
    ['without a severity', { message: 'x' }, 'no severity'],
    ['of a severity that is none', { ...loss, severity: 'fatal' }, 'no severity'],
    ['of a severity that every object has', { ...loss, severity: 'constructor' }, 'no severity'],
    ['without a message', { severity: 'info' }, 'no message'],
    ['whose message is blank', { severity: 'info', message: ' \n' }, 'no message'],
    ['whose message is no text', { severity: 'info', message: {} }, 'no message'],
  ];
  for (const [title, data, why] of mistakes) {
    it(`${title} is none, and says what is missing`, () => {
      const read = readModuleAlert(event(data));
      expect(read.kind === 'mistake' && read.why).to.include(`"risk.alert" has ${why}`);
    });
  }
});

describe('alerts of modules', () => {
  function open() {
    const system = new FakeClock();
    const raised: NewAlert[] = [];
    const logged: string[] = [];
    const write = (line: string) => logged.push((JSON.parse(line) as { msg: string }).msg);
    const log = pino({ base: null }, { write });
    const alerts = new ModuleAlerts({ system, raise: (alert) => raised.push(alert), log });
    return { system, log, raised, logged, take: (given: AlertEvent) => alerts.take(given) };
  }

  it('are bounded: of one module twenty types of a severity are told, the others as one', async () => {
    const { system, raised, take } = open();
    for (let n = 0; n < 1000; n++) take(event({ ...loss, type: `order_${n}` }));
    expect(new Set(raised.map(({ type }) => type)).size).to.equal(21);
    const { type, severity, message } = raised.at(-1)!;
    expect({ type, severity }).to.deep.equal({ type: 'too_many_alerts', severity: 'critical' });
    expect(message).to.include('more than 20 kinds').and.to.include(loss.message);
    // What was told goes on, another severity and another module have room of their own.
    take(event({ ...loss, type: 'order_3' }));
    take(event({ ...loss, severity: 'info', type: 'order_999' }));
    take({ ...event({ ...loss, type: 'order_999' }), module: 'other' });
    expect(raised.slice(-3).map((one) => `${one.module} ${one.type}`)).to.deep.equal([
      'trading risk.order_3',
      'trading risk.order_999',
      'other risk.order_999',
    ]);
    await system.advance(5 * 60_000);
    take(event({ ...loss, type: 'order_999' }));
    expect(raised.at(-1)!.type).to.equal('risk.order_999');
  });

  it('that are none are said in the log, once in ten minutes for each topic', async () => {
    const { system, raised, logged, take } = open();
    for (let n = 0; n < 5; n++) take(event({ severity: 'error', message: 'x' }));
    await system.advance(10 * 60_000);
    take(event({ severity: 'error', message: 'x' }));
    expect(raised).to.deep.equal([]);
    const said =
      'nobody is told of an alert of trading: "risk.alert" has no severity — expected info, warning, critical';
    expect(logged).to.deep.equal([said, `${said} (and 4 more since this was last said)`]);
  });

  it('that weigh more than their like are not held back with it', () => {
    const { system, log } = open();
    const told: unknown[] = [];
    const alerts = new Alerts({
      system,
      home: '/srv/bot',
      config: () => ({
        ...{ cooldownMs: 300_000, minSeverity: 'info', command: null, webhook: null },
        ...{ includeOutput: false, onRestart: true },
      }),
      log,
      record: (module, { severity }) => told.push(`${module} ${severity}`),
      publish: () => undefined,
      environment: {},
      run: () => Promise.resolve(null),
    });
    const ofModules = new ModuleAlerts({ system, raise: alerts.raise, log });
    for (const severity of ['warning', 'warning', 'critical', 'warning', 'critical'])
      ofModules.take(event({ ...loss, severity }));
    expect(told).to.deep.equal(['trading warning', 'trading critical']);
  });
});
