import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { loadConfig } from '../../config/load.ts';
import { packageRoot } from '../../config/paths.ts';
import { loaded } from './config-folder.ts';

describe('the defaults of daemon.yaml', () => {
  it('are those of the contract, in the form in which they are written', () => {
    const { masked } = loaded('daemon: {modules: {bot: {module: ./bot.js}}}');
    expect(masked).to.deep.equal({
      daemon: {
        modules: {
          bot: {
            enabled: true,
            type: 'node',
            module: './bot.js',
            args: [],
            params: {},
            provides: [],
            env: {},
            env_inherit: [],
            cwd: '.',
            user: null,
            depends_on: [],
            wants: [],
            restart: {
              policy: 'always',
              max_restarts: 5,
              base_delay: '1s',
              max_delay: '60s',
              jitter: 0.1,
              reset_after: '1h',
              retry_failed: null,
            },
            ready: { after: '1s', timeout: '30s' },
            health: { link: true, interval: '30s', timeout: '5s', failures: 3, start_period: '0s' },
            stop: { signal: 'SIGTERM', timeout: '10s', scope: 'tree' },
            limits: { memory: null, cpu_percent: null },
          },
        },
        profiles: {},
        autostart: [],
        ipc: {
          socket_path: null,
          transport: 'auto',
          tcp_host: '127.0.0.1',
          tcp_port: 9999,
          auth: 'auto',
          auth_token: null,
          max_message: '1M',
        },
        watchdog: {
          enabled: true,
          check_interval: 30,
          auto_restart_on_crash: true,
          max_restart_attempts: 5,
          restart_cooldown: 0,
          alert_on_restart: true,
        },
        metrics: { port: null },
        alerts: {
          cooldown: '5m',
          min_severity: 'info',
          command: null,
          webhook: null,
          include_output: false,
        },
        schedule: {
          timezone: 'UTC',
          trading_start: null,
          trading_stop: null,
          trading_days: [1, 2, 3, 4, 5],
          daily_backtest: { enabled: false, cron: '0 2 * * *', strategy: 'default' },
          weekly_report: { enabled: false, cron: '0 0 * * 0' },
          jobs: {},
        },
        shutdown: { timeout: 30 },
        logs: { level: 'info', max_size: '20M', keep: 5, overflow: 'block' },
        resource_allocation: {
          thread_pools: {
            default: { max_workers: 10 },
            io: { max_workers: 20 },
            cpu: { max_workers: 4 },
          },
        },
      },
      infrastructure: {
        event_bus: { backend: 'memory', url: null },
        cache: { backend: 'memory', url: null, default_ttl: '1h', max_size: 1000 },
        database: { url: null },
        connection_pool: {
          min_connections: 2,
          max_connections: 10,
          connection_timeout: 30,
          idle_timeout: 300,
        },
      },
      connectors: { exchanges: {} },
    });
  });

  it('are filled in for the daemon, with units, and null where nothing is set', () => {
    const { config, baseDir } = loaded('daemon: {modules: {bot: {module: ./bot.js}}}');
    expect([...config.modules.entries()]).to.deep.equal([
      [
        'bot',
        {
          name: 'bot',
          type: 'node',
          entry: { kind: 'file', path: join(baseDir, 'bot.js') },
          enabled: true,
          args: [],
          params: {},
          provides: [],
          env: {},
          envInherit: [],
          cwd: baseDir,
          user: null,
          dependsOn: new Map(),
          wants: [],
          restart: {
            policy: 'always',
            maxRestarts: 5,
            baseDelayMs: 1000,
            maxDelayMs: 60_000,
            minDelayMs: 0,
            jitter: 0.1,
            resetAfterMs: 3_600_000,
            retryFailedMs: null,
          },
          ready: { kind: 'after', afterMs: 1000, timeoutMs: 30_000 },
          health: {
            check: { kind: 'link' },
            intervalMs: 30_000,
            timeoutMs: 5000,
            failures: 3,
            startPeriodMs: 0,
          },
          limits: { memoryBytes: null, cpuPercent: null },
          stop: { signal: 'SIGTERM', timeoutMs: 10_000, scope: 'tree' },
        },
      ],
    ]);
    expect({ ...config, modules: null }).to.deep.equal({
      modules: null,
      autostart: [],
      profiles: new Map(),
      ipc: {
        socketPath: null,
        transport: 'auto',
        tcpHost: '127.0.0.1',
        tcpPort: 9999,
        authRequired: false,
        authToken: null,
        maxMessageBytes: 1_048_576,
      },
      shutdown: { timeoutMs: 30_000 },
      schedule: { jobs: new Map(), window: null },
      watchdog: { enabled: true, checkIntervalMs: 30_000 },
      metrics: { port: null },
      alerts: {
        cooldownMs: 300_000,
        minSeverity: 'info',
        command: null,
        webhook: null,
        includeOutput: false,
        onRestart: true,
      },
      logs: { level: 'info', maxSizeBytes: 20_971_520, keep: 5, overflow: 'block' },
      eventBus: { backend: { kind: 'memory' } },
      cache: { backend: { kind: 'memory' }, defaultTtlMs: 3_600_000, entriesMax: 1000 },
      database: { url: null },
    });
  });

  for (const yaml of ['{}', 'daemon:', 'daemon: {modules: , autostart: , ipc: , logs: }'])
    it(`hold for sections that are empty or left out: ${yaml}`, () => {
      expect(loaded(yaml).config).to.deep.equal(loaded('daemon: {}').config);
    });

  it('of the shipped file watch the host, and run the trading module in replay mode', () => {
    const result = loadConfig({ configDir: join(packageRoot(), 'config'), env: {} });
    if (!result.ok) expect.fail(JSON.stringify(result.problems));
    expect(result.config.autostart).to.deep.equal(['trading', 'monitoring']);
    expect(result.config.modules.get('trading')).to.deep.include({
      type: 'node',
      entry: { kind: 'shipped', name: 'trading' },
      params: { mode: 'replay', speed: 5 },
      ready: { kind: 'link', timeoutMs: 30_000 },
    });
    expect(result.baseDir).to.equal(packageRoot());
  });
});
