import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { ModuleConfig } from '../../config/effective.ts';
import { loadConfig } from '../../config/load.ts';
import { configDirWith, loaded } from './config-folder.ts';

function moduleOf(yaml: string, watchdog = '{}'): ModuleConfig {
  const { config } = loaded(`daemon: {modules: {bot: ${yaml}}, watchdog: ${watchdog}}`);
  return config.modules.get('bot')!;
}

describe('the effective configuration', () => {
  it('takes max_restarts from the watchdog where a module does not say it', () => {
    const watchdog = '{max_restart_attempts: 9}';
    expect(moduleOf('{module: x}', watchdog).restart.maxRestarts).to.equal(9);
    expect(
      moduleOf('{module: x, restart: {max_restarts: 0}}', watchdog).restart.maxRestarts,
    ).to.equal(0);
  });

  it('takes the floor of every delay from restart_cooldown', () => {
    expect(moduleOf('{module: x}', '{restart_cooldown: 90s}').restart.minDelayMs).to.equal(90_000);
  });

  it('never restarts anything when auto_restart_on_crash is false', () => {
    const { restart } = moduleOf(
      '{module: x, restart: {policy: always}}',
      '{auto_restart_on_crash: false}',
    );
    expect(restart.policy).to.equal('never');
  });

  it('knows readiness by link or after a time, link without a time of its own', () => {
    expect(moduleOf('{module: x, ready: {link: true, timeout: 5}}').ready).to.deep.equal({
      kind: 'link',
      timeoutMs: 5000,
    });
    expect(moduleOf('{module: x, ready: {after: 250ms}}').ready).to.deep.equal({
      kind: 'after',
      afterMs: 250,
      timeoutMs: 30_000,
    });
    expect(moduleOf('{module: x, ready: {timeout: 5s}}').ready).to.deep.equal({
      kind: 'after',
      afterMs: 1000,
      timeoutMs: 5000,
    });
  });

  it('knows how each module is asked for its health, and how often', () => {
    const checkOf = (yaml: string) => moduleOf(yaml).health.check;
    expect(moduleOf('{module: x}').health).to.deep.equal({
      check: { kind: 'link' },
      ...{ intervalMs: 30_000, timeoutMs: 5000, failures: 3, startPeriodMs: 0 },
    });
    const health = '{tcp: 81, interval: 1m, timeout: 250ms, failures: 1, start_period: 2m}';
    expect(moduleOf(`{module: x, health: ${health}}`).health).to.deep.equal({
      check: { kind: 'tcp', port: 81 },
      ...{ intervalMs: 60_000, timeoutMs: 250, failures: 1, startPeriodMs: 120_000 },
    });
    const url = 'http://127.0.0.1:81/up';
    expect(checkOf(`{module: x, health: {http: "${url}"}}`)).to.deep.equal({ kind: 'http', url });
    expect(checkOf('{module: x, health: {exec: [pg_isready, -q]}}')).to.deep.equal({
      kind: 'exec',
      command: ['pg_isready', '-q'],
    });
  });

  it("makes a healthcheck_endpoint a URL on the module's own host and port (row 79)", () => {
    const rows: [host: string, url: string][] = [
      ['127.0.0.1', 'http://127.0.0.1:81/health'],
      ['0.0.0.0', 'http://127.0.0.1:81/health'],
      ['::', 'http://[::1]:81/health'],
      ['::1', 'http://[::1]:81/health'],
      ['localhost', 'http://localhost:81/health'],
    ];
    for (const [host, url] of rows) {
      const web = `{type: flask, app: "a:b", port: 81, host: "${host}", healthcheck_endpoint: /health}`;
      expect(moduleOf(web).health.check).to.deep.equal({ kind: 'http', url });
    }
    expect(moduleOf('{type: flask, app: "a:b"}').health.check).to.deep.equal({ kind: 'link' });
  });

  it('knows whether modules are looked after, and how often', () => {
    const { watchdog } = loaded('daemon: {watchdog: {enabled: false, check_interval: 5s}}').config;
    expect(watchdog).to.deep.equal({ enabled: false, checkIntervalMs: 5000 });
  });

  it('resolves relative paths against the folder that holds the config directory', () => {
    const { config, baseDir } = loaded(`
daemon:
  modules:
    script: {module: bots/a.js, cwd: work}
    shipped: {module: superbot:trading, cwd: /}
    local: {type: exec, command: [./run.sh, ./data], health: {exec: [./ask.sh, ./data]}}
    inpath: {type: exec, command: [sh, -c, exit]}
  ipc: {socket_path: run/s.sock, tcp_host: localhost}
`);
    expect(config.modules.get('script')).to.deep.include({
      entry: { kind: 'file', path: join(baseDir, 'bots/a.js') },
      cwd: join(baseDir, 'work'),
    });
    expect(config.modules.get('shipped')).to.deep.include({
      entry: { kind: 'shipped', name: 'trading' },
      cwd: '/',
    });
    expect(config.modules.get('local')).to.deep.include({
      command: [join(baseDir, 'run.sh'), './data'],
    });
    expect(config.modules.get('local')!.health.check).to.deep.include({
      command: [join(baseDir, 'ask.sh'), './data'],
    });
    expect(config.modules.get('inpath')).to.deep.include({ command: ['sh', '-c', 'exit'] });
    expect(config.ipc).to.deep.include({
      socketPath: join(baseDir, 'run/s.sock'),
      tcpHost: '127.0.0.1',
    });
  });

  it('requires authentication when asked, when a token is set, and when one is in the environment', () => {
    expect(loaded('daemon: {ipc: {auth: required}}').config.ipc.authRequired).to.equal(true);
    const configured = loaded('daemon: {ipc: {auth_token: abc}}', { DAEMON_AUTH_TOKEN: 'env' });
    expect(configured.config.ipc).to.deep.include({ authRequired: true, authToken: 'abc' });
    const fromEnvironment = loaded('{}', { DAEMON_AUTH_TOKEN: 'env' });
    expect(fromEnvironment.config.ipc).to.deep.include({ authRequired: true, authToken: 'env' });
    expect(JSON.stringify(fromEnvironment.masked)).to.not.include('"env"');
    expect(loaded('{}', { DAEMON_AUTH_TOKEN: '' }).config.ipc.authToken).to.equal(null);
    expect(loaded('{}', {}, 'DAEMON_AUTH_TOKEN=x').config.ipc.authToken).to.equal(null);
  });

  it('keeps the modules in the order of the file, and aliases as what they stand for', () => {
    const { config } = loaded(`
daemon:
  modules:
    z: {module: x, restart: &calm {base_delay: 5s}}
    a: {module: y, restart: *calm}
`);
    expect([...config.modules.keys()]).to.deep.equal(['z', 'a']);
    expect(config.modules.get('a')!.restart.baseDelayMs).to.equal(5000);
  });

  it('printed as JSON is a configuration that loads to the same one', () => {
    const first = loaded(`
daemon:
  modules:
    a: {module: x, ready: {after: 2}, restart: {retry_failed: 10m}, params: {deep: [1, {x: null}]}}
    b: {type: exec, command: [./b], env: {A: b}, provides: [news], user: nobody, wants: [a], limits: {memory: 64M}}
    c: {type: thread, module: superbot:trading, depends_on: [a], ready: {log: up}}
    d: {type: uvicorn, app: 'a.b:c', depends_on: {a: healthy, b: completed}, healthcheck_endpoint: /health}
  profiles: {small: [a]}
  autostart: [b]
  schedule: {jobs: {nightly: {at: '09:00', days: [1], method: module.restart, params: {module: a}, catch_up: {all: 3}}}}
`);
    const { daemon, ...others } = first.masked as Record<string, object>;
    const files = Object.entries(others).map(([name, value]) => [
      `${name}.yaml`,
      JSON.stringify({ [name]: value }),
    ]);
    const dir = configDirWith({
      'daemon.yaml': JSON.stringify({ daemon }),
      ...(Object.fromEntries(files) as Record<string, string>),
    });
    const again = loadConfig({ configDir: dir, env: {} });
    expect(again).to.have.property('masked').that.deep.equals(first.masked);
  });
});
