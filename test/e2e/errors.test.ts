import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { errorCatalogue } from '../../rpc/errors.ts';
import { RawClient } from '../rpc/wire.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const never = { policy: 'never' };
const modules = {
  sleeper,
  slow: { ...sleeper, ready: { link: true } },
  failing: { type: 'exec', command: ['sh', '-c', 'echo no luck >&2; exit 7'], restart: never },
  disabled: { ...sleeper, enabled: false },
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
};

describe('every error of the contract is reached on a running daemon', () => {
  const homes = temporaryHomes('all');
  let home: TestHome;

  before(async () => {
    home = homes.create({ modules, autostart: ['trading'] });
    await home.start();
    await home.reaches('trading', 'running');
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

  // -32603 needs a fault of ours, so the table's own test makes one on a real server.
  const elsewhere = [-32603, -32005, -32008];

  it('and no row of the catalogue is left out', () => {
    const reached = new Set(Object.values(rows).map(({ code }) => code));
    const missing = Object.values(errorCatalogue)
      .map(({ code }) => code)
      .filter((code) => !reached.has(code));
    expect(missing).to.have.members(elsewhere);
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
