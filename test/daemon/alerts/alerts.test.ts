import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { pino } from 'pino';
import type { AlertsConfig } from '../../../config/effective.ts';
import type { NewAlert } from '../../../daemon/alerts/alert.ts';
import { Alerts, type AlertsOptions } from '../../../daemon/alerts/alerts.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const standard: AlertsConfig = {
  cooldownMs: 300_000,
  minSeverity: 'info',
  command: null,
  webhook: null,
  includeOutput: false,
  onRestart: true,
};
const failed: NewAlert = {
  severity: 'critical',
  module: 'trading',
  type: 'restart_limit',
  message: 'trading has failed',
};

describe('an alert', () => {
  let alerts: Alerts | null = null;
  afterEach(() => alerts?.stop());

  function open(config: Partial<AlertsConfig> = {}, options: Partial<AlertsOptions> = {}) {
    const system = new FakeClock();
    const logged: Record<string, unknown>[] = [];
    const recorded: unknown[] = [];
    const published: unknown[] = [];
    const commanded: Record<string, unknown>[] = [];
    const write = (line: string) => logged.push(JSON.parse(line) as Record<string, unknown>);
    const built = new Alerts({
      system,
      home: '/srv/bot',
      config: () => ({ ...standard, ...config }),
      log: pino({ base: null }, { write }),
      record: (module, { text }) => recorded.push([module, text]),
      publish: (topic, data) => published.push([topic, data]),
      environment: {},
      run: ({ stdin }) => {
        commanded.push(JSON.parse(stdin) as Record<string, unknown>);
        return Promise.resolve(null);
      },
      ...options,
    });
    alerts = built;
    return {
      raise: built.raise,
      stop: () => built.stop(),
      system,
      logged,
      recorded,
      published,
      commanded,
    };
  }

  it('is told in the log, in the journal and as an event, by its severity (row 95)', () => {
    const { raise, logged, recorded, published } = open();
    raise(failed);
    raise({ ...failed, severity: 'warning', type: 'restarted', message: 'trading runs again' });
    raise({ severity: 'info', module: null, type: 'restart_storm_over', message: 'over' });
    expect(logged.map(({ level, msg }) => [level, msg])).to.deep.equal([
      [50, 'critical: trading has failed'],
      [40, 'warning: trading runs again'],
      [30, 'info: over'],
    ]);
    expect(logged[0]).to.include({
      module: 'trading',
      alert: 'restart_limit',
      severity: 'critical',
    });
    expect(recorded).to.deep.equal([
      ['trading', 'critical: trading has failed'],
      ['trading', 'warning: trading runs again'],
      ['daemon', 'info: over'],
    ]);
    const { severity, module, type, message } = failed;
    expect(published[0]).to.deep.equal(['system.alert', { severity, module, type, message }]);
    expect(published).to.have.length(3);
  });

  it('holds back its like for the cooldown, and the next one tells how many', async () => {
    const { raise, system, recorded } = open();
    for (let n = 0; n < 4; n++) raise(failed);
    // Another module's, and another type, have a cooldown of their own.
    raise({ ...failed, module: 'collector', message: 'collector has failed' });
    raise({ ...failed, type: 'crashed' });
    expect(recorded).to.have.length(3);
    await system.advance(299_999);
    raise(failed);
    expect(recorded).to.have.length(3);
    await system.advance(1);
    raise(failed);
    await system.advance(300_000);
    raise(failed);
    expect(recorded.slice(3)).to.deep.equal([
      ['trading', 'critical: trading has failed (and 4 more like this since the last alert)'],
      ['trading', 'critical: trading has failed'],
    ]);
  });

  it('is held back by no cooldown of zero', () => {
    const { raise, recorded } = open({ cooldownMs: 0 });
    raise(failed);
    raise(failed);
    expect(recorded).to.have.length(2);
  });

  it('goes out only from min_severity, and into log, journal and event always', async () => {
    const { raise, stop, recorded, published, commanded } = open({
      minSeverity: 'critical',
      command: ['notify'],
    });
    raise({ ...failed, severity: 'warning', type: 'restarted' });
    raise(failed);
    await stop();
    expect([recorded.length, published.length]).to.deep.equal([2, 2]);
    expect(commanded.map(({ type }) => type)).to.deep.equal(['restart_limit']);
  });

  it('carries at most twenty lines of output, cut at 500 characters, and only when that is asked for', async () => {
    const output = Array.from({ length: 30 }, (_, n) => `${n} ${'x'.repeat(10_000)}`);
    const open1 = open({ command: ['notify'], includeOutput: true });
    open1.raise({ ...failed, output });
    await open1.stop();
    const lines = open1.commanded[0]?.['output'] as string[];
    expect(lines.map(({ length }) => length)).to.deep.equal(Array(20).fill(500));
    expect(lines[0]).to.match(/^10 x/);
    const open2 = open({ command: ['notify'] });
    open2.raise({ ...failed, output });
    await open2.stop();
    expect(open2.commanded[0]).to.not.have.property('output');
  });

  it('is told everywhere else when one way fails, and never throws', async () => {
    const { raise, stop, logged, recorded, commanded } = open(
      { command: ['notify'] },
      {
        publish: () => {
          throw new Error('the bus is closed');
        },
      },
    );
    raise(failed);
    await stop();
    expect([recorded.length, commanded.length]).to.deep.equal([1, 1]);
    expect(logged.map(({ msg }) => msg)).to.include('cannot tell of an alert: cannot publish it');
  });

  it('waits for no command: a thousand are raised while one hangs', async () => {
    const { raise, stop, system, recorded } = open(
      { cooldownMs: 0, command: ['notify'] },
      {
        run: (_command, signal) =>
          new Promise((resolve) => signal.addEventListener('abort', () => resolve('killed'))),
      },
    );
    for (let n = 0; n < 1000; n++) raise(failed);
    expect(recorded).to.have.length(1000);
    const stopped = stop();
    await system.advance(1000);
    await stopped;
  });
});
