import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { NewAlert } from '../../../daemon/alerts/alert.ts';
import { failed, LifeAlerts } from '../../../daemon/alerts/life-alerts.ts';
import type { Transition } from '../../../daemon/supervisor/context.ts';
import type { ModuleStatus } from '../../../rpc/shapes.ts';
import { moduleStatus } from '../../cli/statuses.ts';

type Change = Partial<Omit<Transition, 'status'>> & { status?: Partial<ModuleStatus> };

function transition({ status, ...change }: Change): Transition {
  const standard = { module: 'trading', event: 'ready', from: 'starting', to: 'running' } as const;
  const whole = moduleStatus({ state: change.to ?? standard.to, reason: null, ...status });
  return { ...standard, cause: null, maxRestarts: 5, ...change, status: whole };
}

const gaveUp = { event: 'give_up', to: 'failed' } as const;
const tryAgain = { event: 'launch', from: 'restarting', to: 'starting' } as const;
const ready = transition({ status: { restart_count: 2, last_error: 'exited with code 7' } });

describe('the alerts of a module’s life (row 95)', () => {
  function watch(onRestart = true) {
    const raised: NewAlert[] = [];
    const alerts = new LifeAlerts({
      raise: (alert) => raised.push(alert),
      onRestart: () => onRestart,
    });
    return { alerts, raised };
  }

  it('are critical when it has failed, whatever by, with the reason as their type', () => {
    for (const reason of ['restart_limit', 'start_timeout', 'crashed', 'exit_78', 'stop_failed']) {
      const alert = failed(transition({ ...gaveUp, status: { reason } }));
      expect(alert).to.include({ severity: 'critical', module: 'trading', type: reason });
    }
    const notThere = transition({ event: 'import_failure', to: 'import_failed' });
    expect(failed(notThere)).to.include({ severity: 'critical', type: 'import_failed' });
  });

  it('are raised once for each failing: not by a retry in vain, nor by anything else', () => {
    const status = { reason: 'crashed' };
    const inVain = { by: 'retry_failed' } as const;
    expect(failed(transition({ ...gaveUp, status, cause: inVain }))).to.equal(null);
    expect(failed(transition({}))).to.equal(null);
    expect(failed(transition({ event: 'back_off', to: 'restarting' }))).to.equal(null);
  });

  it('hold no line that the module wrote, and no command line of a process', () => {
    const secret = 'Cannot find module key=hunter2';
    const notThere = { event: 'import_failure', to: 'import_failed' } as const;
    const survived = { reason: 'stop_failed', last_error: `survived SIGKILL: 7 ${secret}` };
    const alerts = [
      failed(transition({ ...notThere, status: { last_error: secret } })),
      failed(transition({ ...gaveUp, status: survived })),
    ];
    for (const alert of alerts) expect(alert?.message).to.not.include('hunter2');
  });

  it('warn when it runs again after a restart of the daemon’s own accord, with its last words', () => {
    const { alerts, raised } = watch();
    const output = ['begins', 'x'.repeat(100_000)];
    const at = '2026-11-22T03:00:00.000Z';
    const ended = { code: 7, signal: null, reason: null, at, uptimeMs: 5, output, seq: 2 };
    alerts.occurrence('trading', { kind: 'exit', exit: ended, asked: false });
    alerts.transition(transition({ ...tryAgain, cause: { by: 'restart_policy' } }));
    expect(raised).to.deep.equal([]);
    alerts.transition(ready);
    expect(raised).to.deep.equal([
      {
        severity: 'warning',
        module: 'trading',
        type: 'restarted',
        message: 'trading runs again, restart 2 of 5 (before that: exited with code 7)',
        output: ['begins', 'x'.repeat(500)],
      },
    ]);
  });

  it('are not raised for a restart that an operator has asked for, nor for one in vain', () => {
    const { alerts, raised } = watch();
    const operator = { by: 'operator', method: 'module.restart' } as const;
    alerts.transition(transition({ ...tryAgain, cause: operator }));
    alerts.transition(ready);
    alerts.transition(transition({ ...tryAgain, cause: { by: 'restart_policy' } }));
    alerts.transition(transition({ event: 'back_off', to: 'restarting' }));
    alerts.transition(transition({ ...tryAgain, cause: operator }));
    alerts.transition(ready);
    expect(raised).to.deep.equal([]);
  });

  it('leave restarts out, and those alone, when alert_on_restart is false', () => {
    const { alerts, raised } = watch(false);
    alerts.transition(transition({ ...tryAgain, cause: { by: 'restart_policy' } }));
    alerts.transition(ready);
    expect(raised).to.deep.equal([]);
    alerts.transition(transition({ ...gaveUp, status: { reason: 'restart_limit' } }));
    expect(raised.map(({ type }) => type)).to.deep.equal(['restart_limit']);
  });

  it('are critical when restarts are held, and tell when they begin again', () => {
    const { alerts, raised } = watch();
    alerts.storm({ kind: 'tripped', restarts: 25, untilMs: Date.parse('2026-11-22T03:02:00Z') });
    alerts.storm({ kind: 'over', held: 12 });
    expect(raised.map(({ severity, module, type }) => [severity, module, type])).to.deep.equal([
      ['critical', null, 'restart_storm'],
      ['info', null, 'restart_storm_over'],
    ]);
    expect(raised[0]?.message).to.match(/^25 automatic restarts .*2026-11-22T03:02:00\.000Z/);
    expect(raised[1]?.message).to.include('12 waited');
  });

  it('keep the last words of no run beyond its story', () => {
    const { alerts, raised } = watch();
    const at = new Date(0).toISOString();
    const ended = { code: 7, signal: null, reason: null, at, uptimeMs: 5, output: ['old'], seq: 2 };
    alerts.occurrence('trading', { kind: 'exit', exit: ended, asked: true });
    alerts.transition(transition({ event: 'gone', from: 'stopping', to: 'stopped' }));
    alerts.transition(transition({ ...gaveUp, status: { reason: 'start_timeout' } }));
    expect(raised[0]?.output).to.deep.equal([]);
  });
});
