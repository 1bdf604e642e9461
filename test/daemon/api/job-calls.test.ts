import { expect } from 'chai';
import { describe, it } from 'mocha';
import { callForJob } from '../../../daemon/api/job-calls.ts';
import type { Caller } from '../../../rpc/caller.ts';
import { RpcError } from '../../../rpc/errors.ts';
import { contractDispatcher, type Handlers } from '../../../rpc/table.ts';
import { failure } from '../../rpc/failure.ts';

const { signal } = new AbortController();

describe('the call of a scheduled job', () => {
  let caller: Caller | null = null;
  const afterwards: string[] = [];
  const handlers: Partial<Handlers> = {
    'module.list': (_params, asking, call) => {
      caller = asking;
      call.afterAnswer(() => afterwards.push('written'));
      return { modules: [] };
    },
    'module.status': ({ module }) => {
      if (module === 'bug') throw new TypeError('secret');
      throw new RpcError('notFound', `there is no module "${module}"`, { module });
    },
  };
  const dispatcher = contractDispatcher({
    handlers,
    claimed: {
      has: (method) => method === 'bot.trim',
      call: (method, params) => Promise.resolve({ method, params }),
    },
    logInternalError: () => undefined,
  });
  const call = (method: string, params: object = {}) =>
    callForJob(dispatcher, 'nightly', method, params, signal);

  it('is answered as an operator’s is, and says which job it is of', async () => {
    expect(await call('module.list')).to.deep.equal({ modules: [] });
    expect(caller).to.include({ role: 'operator', job: 'nightly', module: null, signal });
    expect(afterwards).to.deep.equal(['written']);
  });

  it('reaches what modules have claimed, with its params as they are', async () => {
    const params = { keep: [1, { a: null }] };
    expect(await call('bot.trim', params)).to.deep.equal({ method: 'bot.trim', params });
  });

  it('fails with what a client would be told, and no more', async () => {
    const missing = await failure(call('module.status', { module: 'nope' }));
    expect(missing).to.be.instanceOf(RpcError);
    expect(missing).to.deep.include({ code: -32002, data: { module: 'nope' } });
    expect(await failure(call('no.such'))).to.include({ code: -32601 });
    expect(await failure(call('module.list', { x: 1 }))).to.include({ code: -32602 });
    const internal = await failure(call('module.status', { module: 'bug' }));
    expect(internal).to.include({ code: -32603 });
    expect(internal.message).not.to.include('secret');
  });

  it('can be sent nothing afterwards: what it subscribes to finds nobody there', async () => {
    await call('module.list');
    expect(caller?.peer.notify('logs.line', {})).to.equal(false);
    await caller?.peer.closed;
    expect(caller?.peer.signal.aborted).to.equal(true);
  });
});
