import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { RpcError } from '../../rpc/errors.ts';
import type { ClaimedMethods, Handlers } from '../../rpc/table.ts';
import { linkToken, observerToken, operatorToken, startServer, type TestServer } from './wire.ts';

const calls: unknown[] = [];

const claimed: ClaimedMethods = {
  has: (method) => method === 'trading.secret',
  call: (method, params, { role }) => {
    calls.push({ method, params, role });
    return Promise.resolve('proxied');
  },
};

function call(method: string, params?: unknown, more: object = {}): object {
  return { jsonrpc: '2.0', id: 1, method, ...(params === undefined ? {} : { params }), ...more };
}

describe('the contract table', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.stop());

  async function ask(message: unknown, handlers: Partial<Handlers> = {}): Promise<unknown> {
    server = await startServer({ handlers, claimed });
    return (await server.connect()).ask(message);
  }

  it('hands validated params to the handler', async () => {
    const answer = await ask(call('subscription.cancel', { subscription: 's' }), {
      'subscription.cancel': (params) => params as never,
    });
    expect(answer).to.have.property('result').that.deep.equals({ subscription: 's' });
  });

  it('takes absent params for an empty object', async () => {
    const answer = await ask(call('module.list'), { 'module.list': () => ({ modules: [] }) });
    expect(answer).to.have.property('result').that.deep.equals({ modules: [] });
  });

  const badParams: [string, unknown][] = [
    ['an array', []],
    ['a wrong type', { subscription: 1 }],
    ['a missing member', {}],
    ['an unknown member', { subscription: 's', ['x'.repeat(100_000)]: 1 }],
  ];
  for (const [name, params] of badParams) {
    it(`refuses ${name} as params, in few words`, async () => {
      const answer = await ask(call('subscription.cancel', params), {
        'subscription.cancel': () => ({}),
      });
      expect(answer).to.have.nested.property('error.code', -32602);
      expect(JSON.stringify(answer).length).to.be.below(2000);
    });
  }

  it('says of a member that is missing that it is, whatever it may be', async () => {
    const handlers = { 'events.publish': () => ({ id: '1' }) };
    const answer = await ask(call('events.publish', { topic: 'a.b' }), handlers);
    const message = 'invalid params: data: it is missing';
    expect(answer).to.have.nested.property('error.message', message);
  });

  it('does not know a row that has no handler', async () => {
    expect(await ask(call('daemon.stop'))).to.have.nested.property('error.code', -32601);
  });

  it('passes claimed rows and claimed names on with their params as sent', async () => {
    calls.length = 0;
    expect(await ask([call('trading.balance', [1]), call('trading.secret', { a: 1 })]))
      .to.have.lengthOf(2)
      .and.to.have.nested.property('0.result', 'proxied');
    expect(calls).to.deep.equal([
      { method: 'trading.balance', params: [1], role: 'operator' },
      { method: 'trading.secret', params: { a: 1 }, role: 'operator' },
    ]);
  });

  const access: [string, string, string, number | null][] = [
    ['observer', observerToken, 'module.list', null],
    ['observer', observerToken, 'daemon.stop', -32007],
    ['observer', observerToken, 'link.ready', -32007],
    ['observer', observerToken, 'trading.balance', null],
    ['observer', observerToken, 'trading.secret', -32007],
    ['observer', observerToken, 'no.such', -32601],
    ['module', linkToken, 'link.ready', null],
    ['module', linkToken, 'module.list', null],
    ['module', linkToken, 'daemon.stop', -32007],
    ['module', linkToken, 'trading.secret', null],
    ['operator', operatorToken, 'daemon.stop', null],
    ['operator', operatorToken, 'trading.secret', null],
  ];
  for (const [role, auth, method, code] of access) {
    it(`${code === null ? 'lets' : 'does not let'} ${role} call ${method}`, async () => {
      const answer = (await ask(call(method, undefined, { auth }), {
        'module.list': () => ({ modules: [] }),
        'daemon.stop': () => ({ status: 'stopping' }),
        'link.ready': () => ({}),
      })) as { error?: { code: number; data?: { reason: string } } };
      expect(answer.error?.code ?? null).to.equal(code);
      if (code === -32007) expect(answer.error?.data?.reason).to.equal('role');
    });
  }

  it('tells the log, not the caller, what an unexpected error was', async () => {
    const answer = await ask(call('module.list'), {
      'module.list': () => {
        throw new TypeError('secret detail');
      },
    });
    const [entry] = server!.logged;
    expect(entry).to.have.property('method', 'module.list');
    expect(entry).to.have.property('error').that.is.an.instanceOf(TypeError);
    expect(answer).to.deep.equal({
      jsonrpc: '2.0',
      id: 1,
      error: { code: -32603, message: `internal error (reference ${entry!.reference})` },
    });
  });

  it('logs what a notification threw', async () => {
    await ask([{ jsonrpc: '2.0', method: 'link.ready' }, call('module.list')], {
      'link.ready': () => Promise.reject(new Error('lost otherwise')),
      'module.list': () => ({ modules: [] }),
    });
    expect(server!.logged).to.have.lengthOf(1);
  });

  const unprintable: [string, () => unknown][] = [
    ['a circular result', () => (calls.push(calls), calls)],
    ['a BigInt', () => ({ n: 1n })],
    [
      'error data that cannot be printed',
      () => {
        throw new RpcError('refused', 'no', { n: 1n });
      },
    ],
  ];
  for (const [name, result] of unprintable) {
    it(`answers ${name} with an internal error`, async () => {
      const answer = await ask(call('module.list'), { 'module.list': result as never });
      expect(answer).to.have.nested.property('error.code', -32603);
      expect(server!.logged).to.have.lengthOf(1);
    });
  }

  it('refuses to send an answer of more than 16 Mi characters', async () => {
    const answer = await ask(call('module.list'), {
      'module.list': (() => 'x'.repeat(17 * 1024 * 1024)) as never,
    });
    expect(answer).to.have.nested.property('error.data.reason', 'answer_too_large');
  });
});
