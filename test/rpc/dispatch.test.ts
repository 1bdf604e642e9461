import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Dispatcher, type Answer, type Calls, type Method } from '../../rpc/dispatch.ts';
import { RpcError } from '../../rpc/errors.ts';

function dispatcher(methods: Record<string, Method<null>>, logged: unknown[] = []) {
  return new Dispatcher<null>({
    methods: new Map(Object.entries(methods)),
    fallback: ({ method }) => {
      throw new RpcError('methodNotFound', `no ${method}`);
    },
    logInternalError: (_reference, error) => logged.push(error),
  });
}

function call(method: string, id?: number): Calls {
  return { kind: 'single', item: { kind: 'call', id, method, params: {}, auth: undefined } };
}

describe('a dispatcher', () => {
  it('answers in the same turn what a method gives at once', () => {
    const answer = dispatcher({ now: () => 1 }).answer(call('now', 7), null) as Answer;
    expect(answer.text).to.equal('{"jsonrpc":"2.0","id":7,"result":1}');
  });

  it('takes a notification in the same turn, whatever comes of it', () => {
    const logged: unknown[] = [];
    const failure = new Error('it failed');
    const methods = {
      fails: () => {
        throw failure;
      },
      works: () => 1,
    };
    for (const method of ['works', 'fails', 'unknown']) {
      const answer = dispatcher(methods, logged).answer(call(method), null) as Answer;
      expect(answer.text).to.equal(null);
    }
    expect(logged).to.deep.equal([failure]);
  });

  it('waits for a promise, also one of another making', async () => {
    const methods = {
      native: () => Promise.resolve('a'),
      foreign: () => ({ then: (resolve: (value: string) => void) => resolve('b') }),
      rejecting: () => Promise.reject(new RpcError('notFound', 'nothing there')),
    };
    const texts = ['native', 'foreign', 'rejecting'].map(async (method) => {
      const { text } = await dispatcher(methods).answer(call(method, 1), null);
      return JSON.parse(text ?? '') as unknown;
    });
    expect(await Promise.all(texts)).to.deep.equal([
      { jsonrpc: '2.0', id: 1, result: 'a' },
      { jsonrpc: '2.0', id: 1, result: 'b' },
      { jsonrpc: '2.0', id: 1, error: { code: -32002, message: 'nothing there' } },
    ]);
  });

  it('does not take a result for a promise that has a member named so', () => {
    const answer = dispatcher({ odd: () => ({ then: 1 }) }).answer(call('odd', 1), null) as Answer;
    expect(answer.text).to.equal('{"jsonrpc":"2.0","id":1,"result":{"then":1}}');
  });
});
