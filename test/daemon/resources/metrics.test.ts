import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { unknownUsage } from '../../../daemon/resources/figures.ts';
import { metricsOf } from '../../../daemon/resources/metrics.ts';
import { prometheusText } from '../../../daemon/resources/prometheus.ts';
import type { MetricFamilies, Usage } from '../../../rpc/shapes-resources.ts';
import type { HealthReport } from '../../../rpc/shapes-health.ts';
import type { ModuleStatus } from '../../../rpc/shapes.ts';
import { moduleStatus } from '../../cli/statuses.ts';
import { parsePrometheus } from './prometheus-parser.ts';

const seed = 20_251_122;
const nothingKnown = {
  ...{ cpu_percent: null, memory_percent: null, memory_bytes: null, load: null },
  ...{ disk_percent: null, network_sent_bytes: null, network_recv_bytes: null },
};

function metrics(
  statuses: readonly ModuleStatus[],
  modules: Readonly<Record<string, Usage>> = {},
  health: HealthReport = { status: 'healthy', modules: {}, backends: {} },
): MetricFamilies {
  const sample = {
    ...{ atMs: 0, system: nothingKnown, daemon: unknownUsage },
    modules: new Map(Object.entries(modules)),
  };
  const cache = { ...{ entries: 2, bytes: null, hits: 3, misses: 1 }, ...rates(0.75) };
  const own = { version: '1.2.3', uptime: 5.00049, lag: null, cache, exchange: null };
  return metricsOf({ ...own, statuses, health, sample });
}

function rates(rate: number) {
  return { evictions: 0, hit_rate: rate, cache_hit_rate: rate };
}

function namesOf(families: MetricFamilies): string[] {
  return Object.keys(families);
}

describe('the metrics (row 79)', () => {
  const running = moduleStatus({
    module: 'bot',
    state: 'running',
    uptime: 12.3456,
    restart_count: 3,
  });
  const failed = moduleStatus({ module: 'poor', state: 'failed', uptime: null, restart_count: 5 });

  it('tell of each module whether it runs, how often it was restarted and since when', () => {
    const families = metrics([running, failed]);
    const valuesOf = (name: string): unknown => families[name]?.values;
    expect(valuesOf('superbot_module_up')).to.deep.equal([
      { labels: { module: 'bot' }, value: 1 },
      { labels: { module: 'poor' }, value: 0 },
    ]);
    expect(valuesOf('superbot_module_restarts_total')).to.deep.equal([
      { labels: { module: 'bot' }, value: 3 },
      { labels: { module: 'poor' }, value: 5 },
    ]);
    expect(valuesOf('superbot_module_uptime_seconds')).to.deep.equal([
      { labels: { module: 'bot' }, value: 12.346 },
    ]);
    expect(valuesOf('superbot_module_state')).to.deep.equal([
      { labels: { module: 'bot', state: 'running' }, value: 1 },
      { labels: { module: 'poor', state: 'failed' }, value: 1 },
    ]);
  });

  it('have what a module uses, and no value where that is not known', () => {
    const used = { cpu_percent: 12.5, memory_bytes: 4096, threads: 7, processes: null };
    const families = metrics([running, failed], { bot: used });
    expect(families['superbot_module_cpu_percent']?.values).to.deep.equal([
      { labels: { module: 'bot' }, value: 12.5 },
    ]);
    expect(families['superbot_module_processes']?.values).to.deep.equal([]);
    expect(families['superbot_system_cpu_percent']?.values).to.deep.equal([]);
    expect(families['superbot_event_loop_lag_seconds']?.values).to.deep.equal([]);
  });

  it('have what a module says of itself, where it says it: row 89', () => {
    const row = { status: 'healthy', state: 'running', pid: 1, restart_count: 0, checked_at: null };
    const said = { check: 'link', message: null, failures: 0, duration_ms: 1 } as const;
    const telling = { last_activity: null, queue_depth: 12, error_count: null };
    const { modules } = {
      modules: {
        bot: { ...row, details: { ...said, ...telling, details: { loop_lag_ms: 25 } } },
        vague: { ...row, details: { ...said, ...telling, details: { loop_lag_ms: 'much' } } },
        silent: { ...row, details: null },
      },
    } as unknown as HealthReport;
    const families = metrics([], {}, { status: 'healthy', modules, backends: {} });
    expect(families['superbot_module_event_loop_lag_seconds']?.values).to.deep.equal([
      { labels: { module: 'bot' }, value: 0.025 },
    ]);
    expect(families['superbot_module_queue_depth']?.values).to.have.length(2);
    expect(families['superbot_module_error_count']?.values).to.deep.equal([]);
  });

  it('have names as Prometheus asks for: base units, and counters that end in _total', () => {
    for (const [name, { type, help }] of Object.entries(metrics([running]))) {
      expect(name).to.match(/^superbot_[a-z0-9]+(_[a-z0-9]+)*$/);
      expect(name.endsWith('_total')).to.equal(type === 'counter');
      expect(help).to.not.equal('');
    }
    expect(namesOf(metrics([]))).to.include.members([
      ...['superbot_event_loop_lag_seconds', 'superbot_module_cpu_percent'],
      ...['superbot_module_memory_bytes', 'superbot_uptime_seconds'],
    ]);
  });
});

describe('the text for Prometheus', () => {
  it('is as the format is documented', () => {
    const { content_type, text } = prometheusText({
      a_total: {
        ...{ type: 'counter', help: 'how many' },
        values: [
          { labels: { module: 'bot', why: 'x' }, value: 3 },
          { labels: {}, value: 0.5 },
        ],
      },
      without_value: { type: 'gauge', help: 'is left out', values: [] },
    });
    expect(content_type).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(text).to.equal(
      '# HELP a_total how many\n# TYPE a_total counter\na_total{module="bot",why="x"} 3\na_total 0.5\n',
    );
  });

  it(`is read back as it was by a parser of the format, whatever a label says (seed ${seed})`, () => {
    const label = fc.oneof(
      fc.string({ unit: fc.constantFrom('"', '\\', '\n', 'n', '{', '}', ',', '=', ' ') }),
      fc.string({ unit: 'grapheme' }),
    );
    const value = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    const family = fc.record({
      type: fc.constantFrom('gauge' as const, 'counter' as const),
      help: label,
      values: fc.array(
        fc.record({ labels: fc.dictionary(fc.constantFrom('a', 'module'), label), value }),
        { minLength: 1, maxLength: 3 },
      ),
    });
    const names = fc.constantFrom('one', 'two_total', 'three_bytes');
    const property = fc.property(fc.dictionary(names, family), (families) => {
      const plain = JSON.parse(JSON.stringify(families)) as MetricFamilies;
      expect(parsePrometheus(prometheusText(families).text)).to.deep.equal(plain);
    });
    fc.assert(property, { seed });
  });

  it('is read back with every metric that there is', () => {
    const families = metrics([moduleStatus({ module: 'bot' })]);
    const parsed = parsePrometheus(prometheusText(families).text);
    const known = Object.entries(families).filter(([, { values }]) => values.length > 0);
    expect(parsed).to.deep.equal(Object.fromEntries(known));
  });
});
