import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RpcClient } from '../../rpc/client.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const bot = {
  type: 'exec',
  command: ['/bin/sh', '-c', 'echo the last words; exec sleep 600'],
  ready: { log: '^the last words$' },
  restart: { max_restarts: 2, base_delay: '10ms', jitter: 0 },
} as const;
const path = '/services/T0/hunter2';

interface Told {
  readonly severity: string;
  readonly module: string | null;
  readonly type: string;
  readonly message: string;
}

describe('the alerts of a daemon', () => {
  const homes = temporaryHomes();
  let server: Server;
  const posted: Told[] = [];
  let answers = true;

  before(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (request.url === path) posted.push(JSON.parse(body) as Told);
        if (answers) response.writeHead(200).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  function create(daemon: object): TestHome {
    const home = homes.create(daemon);
    const { port } = server.address() as AddressInfo;
    home.env['ALERT_WEBHOOK'] = `http://localhost:${port}${path}`;
    posted.length = 0;
    answers = true;
    return home;
  }

  /** Every event of these topics, as it comes. */
  async function listen(rpc: RpcClient, topics: readonly string[]) {
    const events: { topic: string; data: Record<string, unknown> }[] = [];
    rpc.onNotification((method, params) => {
      const { event } = params as { event: (typeof events)[number] };
      if (method === 'events.event') events.push(event);
    });
    await rpc.call('events.subscribe', { topics: [...topics] });
    return events;
  }

  /** SIGKILL, as often as it may be restarted and once more. */
  async function killForGood(home: TestHome): Promise<void> {
    for (let count = 0; count <= 2; count++) {
      const { pid } = await until('the next run', async () => {
        const status = await home.module('bot');
        return status.state === 'running' && status.restart_count === count ? status : null;
      });
      process.kill(pid ?? 0, 'SIGKILL');
    }
    await home.reaches('bot', 'failed');
  }

  it('come as event, command and webhook: one warning that it was restarted, one critical when it fails (rows 83 and 95)', async () => {
    const home = create({
      modules: { bot },
      autostart: ['bot'],
      alerts: {
        command: ['/bin/sh', '-c', 'cat >> told'],
        webhook: '${ALERT_WEBHOOK}',
        include_output: true,
      },
    });
    await home.start();
    const rpc = await home.rpc();
    const events = await listen(rpc, ['system.alert', 'module.crashed']);
    await killForGood(home);
    await until('both alerts', () => posted.length === 2);
    const expected = [
      {
        severity: 'warning',
        module: 'bot',
        type: 'restarted',
        message: 'bot runs again, restart 1 of 2 (before that: was ended by SIGKILL)',
      },
      {
        severity: 'critical',
        module: 'bot',
        type: 'restart_limit',
        message: 'bot has failed (restart_limit): was ended by SIGKILL',
      },
    ];
    const alerts = await until('both events', () => {
      const found = events.filter(({ topic }) => topic === 'system.alert');
      return found.length === 2 ? found : null;
    });
    expect(alerts.map(({ data }) => data)).to.deep.equal(expected);
    expect(events.filter(({ topic }) => topic === 'module.crashed')).to.have.length(3);
    for (const [at, alert] of expected.entries()) {
      expect(posted[at]).to.deep.include({ ...alert, home: home.path, output: ['the last words'] });
    }
    const file = `${home.path}/told`;
    const told = await until('both lines of the command', () => {
      const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
      return lines.length === 2 ? lines.map((line) => JSON.parse(line) as Told) : null;
    });
    expect(told.map(({ type }) => type)).to.deep.equal(['restarted', 'restart_limit']);
    const { entries } = await rpc.call('module.explain', { module: 'bot' });
    const recorded = entries.filter(({ kind }) => kind === 'alert').map(({ text }) => text);
    expect(recorded).to.deep.equal(expected.map((one) => `${one.severity}: ${one.message}`));
    const shown = JSON.stringify([home.storedLines('daemon'), await rpc.call('config.show', {})]);
    expect(shown).to.not.include('hunter2');
  });

  it('say nothing of a restart without alert_on_restart, and all the same that it failed (row 95)', async () => {
    const home = create({
      modules: { bot },
      autostart: ['bot'],
      watchdog: { alert_on_restart: false },
      alerts: { webhook: '${ALERT_WEBHOOK}' },
    });
    await home.start();
    await killForGood(home);
    await until('an alert', () => posted.length > 0);
    expect(posted.map(({ type }) => type)).to.deep.equal(['restart_limit']);
    expect(posted[0]).to.not.have.property('output');
  });

  it('hold nothing up when command and webhook hang, and leave no process when the daemon stops', async () => {
    const home = create({
      modules: { bot },
      autostart: ['bot'],
      alerts: {
        command: ['/bin/sh', '-c', "trap '' TERM; sleep 600 & wait"],
        webhook: '${ALERT_WEBHOOK}',
      },
    });
    answers = false;
    await home.start();
    await killForGood(home);
    await until('the webhook to hang', () => posted.length > 0);
    const { status } = await home.cli('module', 'restart', 'bot', '--force');
    expect(status).to.equal(0);
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    await until('nothing to run', () => home.processes().length === 0);
  });
});
