import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { join } from 'node:path';
import type { MethodResult } from '../../rpc/contract.ts';
import { parsePrometheus } from '../daemon/resources/prometheus-parser.ts';
import { freePort } from '../support/free-port.ts';
import { compiledTree } from '../support/programs.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const shell = (script: string) => ({
  type: 'exec',
  command: ['sh', '-c', script],
  ready: { after: '0s' },
  restart: { base_delay: '10ms' },
});

describe('the limits of running modules (row 95)', () => {
  const homes = temporaryHomes('all');
  let home: TestHome;

  before(async () => {
    const eater = {
      module: join(compiledTree, 'test', 'fixtures', 'memory-eater.js'),
      args: ['160'],
      limits: { memory: '120M' },
      restart: { base_delay: '10ms', max_restarts: 1 },
      ready: { log: 'holding' },
    };
    // Its own process does nothing: it is a child that burns the processor.
    const hog = { ...shell('(while :; do :; done) & wait'), limits: { cpu_percent: 1 } };
    const modest = { ...shell('sleep 999'), limits: { cpu_percent: 1, memory: '64M' } };
    home = homes.create({
      watchdog: { check_interval: '1s' },
      modules: { eater, hog, modest },
      autostart: ['eater', 'hog', 'modest'],
    });
    await home.start();
  });

  const alertsOf = (module: string): string[] =>
    home
      .storedLines('daemon')
      .filter(({ fields }) => fields?.['module'] === module && fields['alert'] !== undefined)
      .map(({ level, fields }) => `${level ?? ''} ${JSON.stringify(fields?.['alert'])}`);

  it('end what uses too much memory gracefully, then its policy has its say: row 79', async () => {
    const failed = await home.reaches('eater', 'failed', 'restart_limit');
    expect(failed).to.include({ restart_count: 1 });
    expect(failed.last_error).to.match(/^it uses \d+ MB of memory, its limit is 120 MB$/);
    await until('both runs have said goodbye', () => {
      const said = home.storedLines('eater').filter(({ text }) => text === 'goodbye');
      return said.length === 2;
    });
    expect(alertsOf('eater')[0]).to.equal('warn "memory_limit"');
    expect(alertsOf('eater').at(-1)).to.match(/^error /);
  });

  it('restart what uses too much of the processor over three looks, in any process of its tree', async () => {
    const back = await until('the hog was restarted', async () => {
      const status = await home.module('hog');
      return status.restart_count > 0 && status;
    });
    expect(back.last_error).to.match(
      /^it used [\d.]+ % of a core, more than its limit of 1 % in 3/,
    );
    expect(alertsOf('hog')).to.include('warn "cpu_limit"');
    const { stdout } = await home.cli('module', 'explain', 'hog');
    expect(stdout).to.match(/alert +warning: hog is stopped: it used [\d.]+ % of a core/);
  });

  it('leave alone what keeps to them', async () => {
    expect(await home.module('modest')).to.include({ state: 'running', restart_count: 0 });
    expect(alertsOf('modest')).to.deep.equal([]);
  });

  it('are told in the report with what became of each module (row 79)', async () => {
    const { text, data } = await (await home.rpc()).call('monitoring.report', { since: '1h' });
    const { eater, hog } = data.modules;
    expect(eater).to.include({ state: 'failed', restarts: 1, failures: 1, trading: null });
    expect(hog?.restarts).to.be.greaterThan(0);
    expect(hog?.up_percent).to.be.within(0.01, 100);
    expect(eater?.alerts.map(({ severity }) => severity)).to.include.members([
      ...['warning', 'critical'],
    ]);
    expect(text).to.match(/^SuperBot from .*\n\ndaemon: up /);
    const { stdout } = await home.cli('report', '--since', '1h');
    expect(stdout).to.match(/\neater: failed, wanted up, up [\d.]+ % of /);
    expect(JSON.parse((await home.cli('report', '--json')).stdout)).to.have.keys('text', 'data');
  });
});

describe('what is used (row 79)', () => {
  const homes = temporaryHomes('all');
  let home: TestHome;
  let port: number;
  let used: MethodResult<'monitoring.resources'>;

  before(async () => {
    port = await freePort();
    const thread = { type: 'thread', module: '', ready: { after: '0s' } };
    const config = {
      metrics: { port },
      modules: {
        family: shell('(setsid sleep 999 &) ; sleep 999 & exec sleep 999'),
        asleep: shell('sleep 999'),
        first: thread,
        second: thread,
      },
      autostart: ['family', 'first', 'second'],
    };
    home = homes.create(config);
    thread.module = home.file('waits.mjs', 'setInterval(() => undefined, 1_000_000);\n');
    home.configure(config);
    await home.start();
    for (const name of ['family', 'first', 'second']) await home.reaches(name, 'running');
    const rpc = await home.rpc();
    used = await until('the whole family', async () => {
      const answer = await rpc.call('monitoring.resources');
      return answer.modules['family']?.processes === 3 && answer;
    });
  });

  it('is in numbers, of the machine, of the daemon with its keeper, of whole trees', () => {
    expect(used.system.memory_percent).to.be.within(0.1, 100);
    expect(used.system.load).to.have.length(3);
    expect(used.daemon.processes).to.equal(2);
    expect(used.daemon.memory_bytes).to.be.greaterThan(10 * 1024 ** 2);
    expect(used.modules['family']).to.include({ threads: 3, processes: 3 });
    expect(used.modules['family']?.memory_bytes).to.be.within(1, 64 * 1024 ** 2);
  });

  it('is not known of what does not run, nor of threads that share a process', () => {
    const nothing = { cpu_percent: null, memory_bytes: null, threads: null, processes: null };
    expect(used.modules['asleep']).to.deep.equal(nothing);
    expect(used.modules['first']).to.deep.equal(nothing);
    expect(used.modules['second']).to.deep.equal(nothing);
  });

  it('is a table for people, and with --json exactly what the API answers', async () => {
    const { stdout } = await home.cli('resources');
    expect(stdout).to.match(/^ {2}cpu +.*\n {2}memory +[\d.]+ % \([\d.]+[KMGT]\)\n/);
    expect(stdout).to.match(/^NAME +CPU +MEMORY +THREADS +PROCESSES$/m);
    expect(stdout).to.match(/^daemon +[\d.]+ % +\d+M +\d+ +2$/m);
    expect(stdout).to.match(/^family +[\d.]+ % +[\d.]+[KM] +3 +3$/m);
    expect(stdout).to.match(/^asleep +- +- +- +-$/m);
    const json = JSON.parse((await home.cli('resources', '--json')).stdout) as typeof used;
    expect(Object.keys(json.modules)).to.deep.equal(Object.keys(used.modules));
  });

  it('is given as metrics, over RPC, as text and on /metrics alike', async () => {
    const rpc = await home.rpc();
    const families = await rpc.call('monitoring.metrics');
    expect(families).to.have.nested.property('superbot_module_up.type', 'gauge');
    const scraped = parsePrometheus(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
    const printed = await home.cli('metrics', '--format', 'prometheus');
    const up = scraped['superbot_module_up'];
    expect(parsePrometheus(printed.stdout)['superbot_module_up']).to.deep.equal(up);
    expect(up?.values).to.deep.equal([
      { labels: { module: 'family' }, value: 1 },
      { labels: { module: 'asleep' }, value: 0 },
      { labels: { module: 'first' }, value: 1 },
      { labels: { module: 'second' }, value: 1 },
    ]);
    const table = (await home.cli('metrics')).stdout;
    expect(table).to.match(/^superbot_module_up +module=family +1$/m);
  });

  it('is served on another port after a reload', async () => {
    const rpc = await home.rpc();
    const other = await freePort();
    home.configure({ metrics: { port: other }, modules: {} });
    const { plan } = await rpc.call('daemon.reload_config');
    expect(plan[0]).to.include({ key: 'metrics.port', action: 'update' });
    await until('the other port answers', async () => {
      const response = await fetch(`http://127.0.0.1:${other}/metrics`).catch(() => null);
      return response?.status === 200;
    });
  });
});
