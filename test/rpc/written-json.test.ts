import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { WrittenJson } from '../../rpc/written-json.ts';
import { operatorToken, type RawClient, startServer, type TestServer } from './wire.ts';

describe('a result that is JSON already', () => {
  let server: TestServer;
  let client: RawClient;
  let text: string;

  beforeEach(async () => {
    server = await startServer({ handlers: { 'module.list': () => new WrittenJson(text) } });
    client = await server.connect();
    await client.ask({
      jsonrpc: '2.0',
      id: 0,
      method: 'auth.login',
      params: { token: operatorToken },
    });
  });
  afterEach(() => server.stop());

  const call = (id: unknown) => ({ jsonrpc: '2.0', id, method: 'module.list' });

  it('is in the answer as it is, under any id, in a batch too', async () => {
    text = '{"hit":true,"value":[1e2,"\\u2028"]}';
    const result = { hit: true, value: [100, '\u2028'] };
    for (const id of [1, 'é"', null])
      expect(await client.ask(call(id))).to.deep.equal({ jsonrpc: '2.0', id, result });
    expect(await client.ask([call(1), call(2)])).to.deep.equal([
      { jsonrpc: '2.0', id: 1, result },
      { jsonrpc: '2.0', id: 2, result },
    ]);
  });

  it('is refused like any other when the answer would be too long', async () => {
    text = JSON.stringify('x'.repeat(16 * 1024 * 1024));
    const answer = (await client.ask(call(1))) as { error: { data: unknown } };
    expect(answer.error.data).to.deep.equal({ reason: 'answer_too_large' });
  });
});
