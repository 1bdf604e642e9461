import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCatalogue } from '../../rpc/errors.ts';
import { failure } from '../rpc/failure.ts';
import { RawClient } from '../rpc/wire.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const never = { policy: 'never' };
const modules = {
  sleeper,
  slow: { ...sleeper, ready: { link: true } },
  failing: { type: 'exec', command: ['sh', '-c', 'echo no luck >&2; exit 7'], restart: never },
  disabled: { ...sleeper, enabled: false },
  dependent: { ...sleeper, depends_on: ['disabled'] },
  damaged: sleeper,
  trading: sleeper,
};

interface Reached {
  readonly text: string;
  readonly code: number;
  /** The same mistake on the command line; absent where the CLI cannot make it. */
  readonly cli?: readonly string[];
  /** What `error.data` has. */
  readonly data?: object;
}

function call(method: string, params?: unknown, more: object = {}): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params, ...more });
}

const rows: Readonly<Record<string, Reached>> = {
  parse: { text: '{', code: -32700 },
  'invalid request': { text: '{"id": 1}', code: -32600 },
  'no such method': { text: call('no.such'), code: -32601, cli: ['rpc', 'call', 'no.such'] },
  'invalid params': {
    text: call('module.start', { module: 7 }),
    code: -32602,
    cli: ['rpc', 'call', 'module.start', '{"module": 7}'],
  },
  'authentication failed': { text: call('module.list', {}, { auth: 'x' }), code: -32001 },
  'no such module': {
    text: call('module.status', { module: 'constructor' }),
    code: -32002,
    cli: ['status', 'constructor'],
  },
  'no such subscription': {
    text: call('subscription.cancel', { subscription: 'x' }),
    code: -32002,
  },
  'start failed': {
    text: call('module.start', { module: 'failing' }),
    code: -32003,
    cli: ['start', 'failing'],
    data: { state: 'failed', exit_code: 7, signal: null },
  },
  'link away': { text: call('trading.balance'), code: -32004, cli: ['balance'] },
  'timed out': {
    text: call('module.start', { module: 'slow', timeout: 0.05 }),
    code: -32006,
    cli: ['start', 'slow', '--timeout', '0.05'],
  },
  'refused in this state': {
    text: call('module.start', { module: 'disabled' }),
    code: -32007,
    cli: ['start', 'disabled'],
    data: { reason: 'disabled' },
  },
  'refused to this caller': {
    text: call('link.ready'),
    code: -32007,
    cli: ['rpc', 'call', 'link.ready'],
    data: { reason: 'not_a_module' },
  },
  'dependency not available': {
    text: call('module.start', { module: 'dependent' }),
    code: -32005,
    cli: ['start', 'dependent'],
    data: { dependency: 'disabled' },
  },
  'configuration invalid': {
    text: call('daemon.reload_config'),
    code: -32008,
    cli: ['config', 'reload'],
  },
  'internal error': {
    text: call('logs.tail', { module: 'damaged' }),
    code: -32603,
    cli: ['logs', '-m', 'damaged'],
  },
};

describe('every error of the contract is reached on a running daemon (row 74)', () => {
  const homes = temporaryHomes('all');
  let home: TestHome;

  before(async () => {
    home = homes.create({ modules, autostart: ['trading'] });
    await home.start();
    await home.reaches('trading', 'running');
    // Nobody foresaw that: a log that cannot be opened, even by root.
    symlinkSync('damaged.log', join(home.paths.logsDir, 'damaged.log'));
    home.configure({ modules: { trading: { type: 'abacus' } } });
  });

  for (const [name, { text, code, cli, data }] of Object.entries(rows)) {
    it(`${name}: ${code} on the wire`, async () => {
      const client = await RawClient.connect(`unix:${home.paths.socket}`);
      try {
        client.write(`${text}\n`);
        const { error } = (await client.receive()) as { error: { code: number; data?: object } };
        expect(error.code).to.equal(code);
        if (data !== undefined) expect(error.data).to.deep.include(data);
      } finally {
        client.destroy();
      }
    });

    if (cli === undefined) continue;
    const entry = Object.values(errorCatalogue).find((one) => one.code === code)!;
    it(`${name}: exit status ${entry.exitStatus} of ${cli.join(' ')}`, async () => {
      const { status, stdout } = await home.cli(...cli, '--json');
      expect(status).to.equal(entry.exitStatus);
      expect(JSON.parse(stdout)).to.have.nested.property('error.code', code);
    });
  }

  it('and no row of the catalogue is left out', () => {
    const codes = (of: readonly { code: number }[]) => new Set(of.map(({ code }) => code));
    expect(codes(Object.values(rows))).to.deep.equal(codes(Object.values(errorCatalogue)));
  });

  it('tells of an internal error a reference alone, which leads to its cause in the log', async () => {
    const rpc = await home.rpc();
    const error = await failure(rpc.call('logs.tail', { module: 'damaged' }));
    const [, reference] = /^internal error \(reference (\w+)\)$/.exec(error.message)!;
    expect(error).to.have.property('data', undefined);
    const logged = await until('its cause is logged', () =>
      home.storedLines('daemon').find(({ fields }) => fields?.['reference'] === reference),
    );
    expect(logged).to.deep.include({ level: 'error', text: 'internal error in an RPC method' });
    expect(logged.fields).to.have.nested.property('err.code', 'ELOOP');
    expect(logged.fields).to.have.nested.property('err.stack').that.includes('    at ');
  });

  it('logs each refusal once, and says of a wrong token what the caller may not know', () => {
    const texts = home
      .storedLines('daemon')
      .filter(({ fields }) => fields?.['refused'] !== undefined)
      .map((line) => line.text);
    const ofRole = 'call refused: only a module may call this, after link.hello';
    expect(texts).to.deep.equal([
      'authentication failed: the token in its member auth is nobody’s',
      // On the wire and by the command line.
      ofRole,
      ofRole,
    ]);
  });
});
