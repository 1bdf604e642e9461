import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseParams } from '../../../modules/monitoring/params.ts';

describe('the params of monitoring', () => {
  it('are by default those of the design, without any configuration (row 42)', () => {
    const parsed = parseParams({});
    if (!parsed.ok) throw new Error(parsed.problem);
    const { suspects, ...rest } = parsed.params;
    expect(suspects).to.include.members(['kswapd', 'unattended-upgr', 'updatedb']);
    expect(rest).to.deep.equal({
      learningMode: false,
      sampling: {
        normalIntervalMs: 5000,
        elevatedIntervalMs: 1000,
        elevationThreshold: 30,
        criticalThreshold: 60,
      },
      retention: { samplesDays: 30, eventsDays: 90 },
      alerts: {
        enabled: true,
        pauseDetected: true,
        pauseMinDurationMs: 2000,
        criticalStress: true,
        criticalThreshold: 60,
        criticalDurationMs: 30_000,
        elevatedEntered: false,
        forensicsCompleted: true,
        sound: false,
      },
      keepAwake: true,
      storage: 'auto',
      schema: 'stress',
    });
  });

  it('are taken from the file, and before that from the environment, name by name', () => {
    const file = {
      sampling: { normal_interval: '10s', elevated_interval: 2 },
      suspects: { patterns: ['backup'] },
    };
    const parsed = parseParams(file, {
      MONITORING_SAMPLING_NORMAL_INTERVAL: '4',
      MONITORING_ALERTS_ENABLED: 'false',
      MONITORING_LEARNING_MODE: '',
      MONITORING_SUSPECTS_PATTERNS: 'dd, tar',
      SAMPLING_NORMAL_INTERVAL: '7',
    });
    if (!parsed.ok) throw new Error(parsed.problem);
    const { sampling, alerts, suspects, learningMode } = parsed.params;
    expect(sampling).to.include({ normalIntervalMs: 4000, elevatedIntervalMs: 2000 });
    expect({ enabled: alerts.enabled, learningMode }).to.deep.equal({
      enabled: false,
      learningMode: false,
    });
    expect(suspects).to.deep.equal(['dd', 'tar']);
  });

  it('tell nobody of anything in learning mode', () => {
    const parsed = parseParams({ learning_mode: true, alerts: { enabled: true } });
    expect(parsed.ok && parsed.params.alerts.enabled).to.equal(false);
  });

  const refused: readonly (readonly [string, object, string])[] = [
    [
      'a section that is unknown',
      { sampels: {} },
      'unknown param "sampels": expected learning_mode',
    ],
    [
      'a name that is unknown, with those of its section',
      { sampling: { interval: 5 } },
      'unknown param "sampling.interval": expected normal_interval, elevated_interval',
    ],
    ['a section that is none', { alerts: 5 }, 'param "alerts" is 5: expected names with values'],
    [
      'an interval of nothing',
      { sampling: { normal_interval: 0 } },
      'param "sampling.normal_interval" is 0: expected a duration from 100ms to 1h',
    ],
    [
      'to look less often at a stressed host',
      { sampling: { elevated_interval: 6 } },
      'param "sampling.elevated_interval" is 6: expected no more than',
    ],
    [
      'a critical level below the elevated one',
      { sampling: { critical_threshold: 20 } },
      'param "sampling.critical_threshold" is 20: expected no less than',
    ],
    ['a switch in words', { alerts: { enabled: 'yes' } }, 'is "yes": expected true or false'],
    [
      'a suspect without a name',
      { suspects: { patterns: [''] } },
      'expected up to 50 parts of names',
    ],
    ['a place that is none', { storage: 'cloud' }, 'expected auto, database or files'],
    [
      'a schema with quotes',
      { schema: 'a"; DROP' },
      'param "schema" is "a\\"; DROP": expected small',
    ],
  ];
  for (const [what, given, problem] of refused) {
    it(`refuse ${what}`, () => {
      const parsed = parseParams(given);
      expect(parsed.ok ? '' : parsed.problem).to.include(problem);
    });
  }
});
