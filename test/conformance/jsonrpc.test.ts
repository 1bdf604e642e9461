/** The example exchanges of https://www.jsonrpc.org/specification, section 7, as printed there. */
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { methodNotFound } from '../../rpc/dispatch.ts';
import { RpcError } from '../../rpc/errors.ts';
import type { ClaimedMethods } from '../../rpc/table.ts';
import { startServer, type RawClient, type TestServer } from '../rpc/wire.ts';

const received: string[] = [];

function subtract(params: unknown): number {
  const { minuend, subtrahend } = Array.isArray(params)
    ? { minuend: params[0] as number, subtrahend: params[1] as number }
    : (params as { minuend: number; subtrahend: number });
  return minuend - subtrahend;
}

const specification: Record<string, (params: unknown) => unknown> = {
  subtract,
  sum: (params) => (params as number[]).reduce((a, b) => a + b, 0),
  get_data: () => ['hello', 5],
  update: (params) => received.push(`update ${JSON.stringify(params)}`),
  notify_hello: () => received.push('notify_hello'),
  notify_sum: () => received.push('notify_sum'),
};

const claimed: ClaimedMethods = {
  has: (method) => Object.hasOwn(specification, method),
  call: (method, params) => {
    const answer = specification[method];
    return answer === undefined
      ? Promise.reject(methodNotFound(method))
      : Promise.resolve(answer(params));
  },
};

const invalid = { jsonrpc: '2.0', error: { code: -32600 }, id: null };

interface Example {
  title: string;
  sent: string;
  /** Null: nothing. Error messages are the server's own words, so only codes are compared. */
  answer: unknown;
}

const examples: Example[] = [
  {
    title: '1 positional parameters',
    sent: '{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}',
    answer: { jsonrpc: '2.0', result: 19, id: 1 },
  },
  {
    title: '2 positional parameters, the other way round',
    sent: '{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}',
    answer: { jsonrpc: '2.0', result: -19, id: 2 },
  },
  {
    title: '3 named parameters',
    sent: '{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}',
    answer: { jsonrpc: '2.0', result: 19, id: 3 },
  },
  {
    title: '4 named parameters, the other way round',
    sent: '{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}',
    answer: { jsonrpc: '2.0', result: 19, id: 4 },
  },
  {
    title: '5 a notification',
    sent: '{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}',
    answer: null,
  },
  {
    title: '6 a notification of a method that does not exist',
    sent: '{"jsonrpc": "2.0", "method": "foobar"}',
    answer: null,
  },
  {
    title: '7 a call of a method that does not exist',
    sent: '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}',
    answer: { jsonrpc: '2.0', error: { code: -32601 }, id: '1' },
  },
  {
    title: '8 invalid JSON',
    sent: '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]',
    answer: { jsonrpc: '2.0', error: { code: -32700 }, id: null },
  },
  {
    title: '9 an invalid request object',
    sent: '{"jsonrpc": "2.0", "method": 1, "params": "bar"}',
    answer: invalid,
  },
  {
    title: '10 a batch with invalid JSON',
    sent: '[ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method" ]',
    answer: { jsonrpc: '2.0', error: { code: -32700 }, id: null },
  },
  { title: '11 an empty batch', sent: '[]', answer: invalid },
  { title: '12 an invalid batch of one', sent: '[1]', answer: [invalid] },
  { title: '13 an invalid batch', sent: '[1,2,3]', answer: [invalid, invalid, invalid] },
  {
    title: '14 a batch of everything',
    sent:
      '[ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},' +
      ' {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},' +
      ' {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},' +
      ' {"foo": "boo"},' +
      ' {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},' +
      ' {"jsonrpc": "2.0", "method": "get_data", "id": "9"} ]',
    answer: [
      { jsonrpc: '2.0', result: 7, id: '1' },
      { jsonrpc: '2.0', result: 19, id: '2' },
      invalid,
      { jsonrpc: '2.0', error: { code: -32601 }, id: '5' },
      { jsonrpc: '2.0', result: ['hello', 5], id: '9' },
    ],
  },
  {
    title: '15 a batch of notifications',
    sent: '[ {"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]}, {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]} ]',
    answer: null,
  },
];

const beyond: Example[] = [
  {
    title: 'a batch of one valid call is answered with an array',
    sent: '[{"jsonrpc":"2.0","method":"get_data","id":1}]',
    answer: [{ jsonrpc: '2.0', result: ['hello', 5], id: 1 }],
  },
  {
    title: 'bad elements of a batch do not harm the good one',
    sent: '[1, {"jsonrpc":"2.0","method":"get_data","id":1}, null]',
    answer: [invalid, { jsonrpc: '2.0', result: ['hello', 5], id: 1 }, invalid],
  },
  { title: 'null is an invalid request', sent: 'null', answer: invalid },
  { title: 'a string is an invalid request', sent: '"text"', answer: invalid },
  { title: 'a batch within a batch is an invalid element', sent: '[[]]', answer: [invalid] },
  {
    title: 'params must be structured',
    sent: '{"jsonrpc":"2.0","method":"sum","params":"bar","id":1}',
    answer: { ...invalid, id: 1 },
  },
  {
    title: 'params may not be null',
    sent: '{"jsonrpc":"2.0","method":"sum","params":null,"id":1}',
    answer: { ...invalid, id: 1 },
  },
  {
    title: 'an object is no id',
    sent: '{"jsonrpc":"2.0","method":"sum","params":[1],"id":{}}',
    answer: invalid,
  },
  {
    title: 'true is no id',
    sent: '{"jsonrpc":"2.0","method":"sum","params":[1],"id":true}',
    answer: invalid,
  },
  ...['9007199254740992', '-12345678901234567890', '1e999'].map((id) => ({
    title: `${id} is no id: readers of JSON do not agree on it`,
    sent: `{"jsonrpc":"2.0","method":"sum","params":[1],"id":${id}}`,
    answer: invalid,
  })),
  {
    title: 'a null id is a call, not a notification',
    sent: '{"jsonrpc":"2.0","method":"sum","params":[1],"id":null}',
    answer: { jsonrpc: '2.0', result: 1, id: null },
  },
  {
    title: 'the version must be "2.0"',
    sent: '{"jsonrpc":"1.0","method":"sum","params":[1],"id":1}',
    answer: { ...invalid, id: 1 },
  },
  {
    title: 'the same id twice in a batch is answered twice',
    sent: '[{"jsonrpc":"2.0","method":"sum","params":[1],"id":1},{"jsonrpc":"2.0","method":"sum","params":[2],"id":1}]',
    answer: [
      { jsonrpc: '2.0', result: 1, id: 1 },
      { jsonrpc: '2.0', result: 2, id: 1 },
    ],
  },
  {
    title: 'a batch of 101 is refused as a whole',
    sent: `[${Array.from({ length: 101 }, () => '{"jsonrpc":"2.0","method":"update"}').join(',')}]`,
    answer: invalid,
  },
  {
    title: 'a response to a call never made is ignored',
    sent: '{"jsonrpc":"2.0","result":19,"id":77}',
    answer: null,
  },
  ...['constructor', '__proto__', 'toString', 'hasOwnProperty', ''].map((method) => ({
    title: `${JSON.stringify(method)} is no method`,
    sent: JSON.stringify({ jsonrpc: '2.0', method, id: 1 }),
    answer: { jsonrpc: '2.0', error: { code: -32601 }, id: 1 },
  })),
];

describe('JSON-RPC 2.0', () => {
  let server: TestServer;
  let client: RawClient;

  before(async () => {
    server = await startServer({ claimed });
    client = await server.connect();
  });
  after(() => server.stop());

  for (const { title, sent, answer } of [...examples, ...beyond]) {
    it(`example: ${title}`, async () => {
      client.write(`${sent}\n`);
      if (answer !== null) expect(withoutMessage(await client.receive())).to.deep.equal(answer);
      // Silence, and the end of every answer, are proved by what is answered next.
      const next = { jsonrpc: '2.0', method: 'subtract', params: [1, 1], id: 'next' };
      expect(await client.ask(next)).to.deep.equal({ jsonrpc: '2.0', result: 0, id: 'next' });
    });
  }

  it('runs notifications, alone and in batches', () => {
    expect(received).to.deep.equal([
      'update [1,2,3,4,5]',
      'notify_hello',
      'notify_sum',
      'notify_hello',
    ]);
  });

  it('passes an error of a claimed method on with its own code and data', async () => {
    specification['get_data'] = () => {
      throw new RpcError(17, 'no data', { because: 'weekend' });
    };
    expect(await client.ask({ jsonrpc: '2.0', method: 'get_data', id: 1 })).to.deep.equal({
      jsonrpc: '2.0',
      id: 1,
      error: { code: 17, message: 'no data', data: { because: 'weekend' } },
    });
  });
});

function withoutMessage(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(withoutMessage);
  const { error, ...rest } = answer as { error?: { code: number; message: string } };
  if (error === undefined) return rest;
  expect(error.message).to.be.a('string').that.is.not.empty;
  return { ...rest, error: { code: error.code } };
}
