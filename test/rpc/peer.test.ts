import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { connect, type RpcClient } from '../../rpc/client.ts';
import { ConnectionClosedError, RpcError } from '../../rpc/errors.ts';
import type { Peer } from '../../rpc/peer.ts';
import { startServer, type Caller, type TestServer } from './wire.ts';
import { failure } from './failure.ts';

describe('a peer', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.stop());

  /** Both ends of one connection: the server's peer, and the client with these methods. */
  async function pair(
    methods: Record<string, (params: unknown) => unknown>,
  ): Promise<{ peer: Peer; client: RpcClient }> {
    let caller: Caller | undefined;
    server = await startServer({
      handlers: { 'module.list': (_params, who) => ((caller = who), { modules: [] }) },
    });
    const client = await connect({ endpoint: server.endpoint }, { methods, logInternalError });
    await client.call('module.list');
    return { peer: caller!.peer, client };
  }
  const logInternalError = () => undefined;

  it('calls the side that connected', async () => {
    const { peer } = await pair({ 'link.shutdown': (params) => ({ got: params }) });
    const answer = await peer.call('link.shutdown', { deadline_ms: 5 });
    expect(answer).to.deep.equal({ got: { deadline_ms: 5 } });
  });

  it('matches answers to calls in whatever order they come', async () => {
    const waiting = new Map<number, (value: unknown) => void>();
    let bothArrived: () => void;
    const arrived = new Promise<void>((resolve) => (bothArrived = resolve));
    const { peer } = await pair({
      wait: (params) =>
        new Promise((resolve) => {
          waiting.set((params as { n: number }).n, resolve);
          if (waiting.size === 2) bothArrived();
        }),
    });
    const answers = [peer.call('wait', { n: 1 }), peer.call('wait', { n: 2 })];
    await arrived;
    waiting.get(2)!('second');
    waiting.get(1)!('first');
    expect(await Promise.all(answers)).to.deep.equal(['first', 'second']);
  });

  it('rejects with the error that the other side gave', async () => {
    const { peer } = await pair({
      fail: () => {
        throw new RpcError(17, 'weekend', { day: 6 });
      },
    });
    const error = await failure(peer.call('fail'));
    expect(error).to.be.an.instanceOf(RpcError);
    expect(error).to.include({ code: 17, message: 'weekend' });
    expect(error).to.have.property('data').that.deep.equals({ day: 6 });
    expect(await failure(peer.call('nosuch'))).to.have.property('code', -32601);
  });

  it('tells a timeout, an abort and a closed connection apart', async () => {
    const { peer, client } = await pair({ never: () => new Promise(() => undefined) });
    const timedOut = await failure(peer.call('never', {}, { timeoutMs: 10 }));
    expect(timedOut).to.be.an.instanceOf(RpcError).with.property('code', -32006);
    const controller = new AbortController();
    const aborted = failure(peer.call('never', {}, { signal: controller.signal }));
    controller.abort(new Error('changed my mind'));
    expect((await aborted).message).to.equal('changed my mind');
    const closed = failure(peer.call('never'));
    client.destroy();
    expect(await closed).to.be.an.instanceOf(ConnectionClosedError);
    await peer.closed;
    expect(await failure(peer.call('never'))).to.be.an.instanceOf(ConnectionClosedError);
    expect(peer.signal.aborted).to.equal(true);
  });

  it('counts an answer that comes too late, and nothing else happens', async () => {
    let arrived: (answerLate: (value: unknown) => void) => void;
    const hasArrived = new Promise<(value: unknown) => void>((resolve) => (arrived = resolve));
    const { peer } = await pair({
      late: () => new Promise((resolve) => arrived(resolve)),
      ping: () => 'pong',
    });
    const controller = new AbortController();
    const given = failure(peer.call('late', {}, { signal: controller.signal }));
    const answerLate = await hasArrived;
    controller.abort();
    await given;
    answerLate('too late');
    expect(await peer.call('ping')).to.equal('pong');
    expect(peer.strayCount).to.equal(1);
  });

  it('keeps no more than its bound for a client that never reads', async () => {
    server = await startServer({
      // What is answered at once is not even asked while earlier answers wait to be read.
      handlers: { 'module.list': (() => Promise.resolve('x'.repeat(1024 * 1024))) as never },
    });
    const silent = await server.connect();
    silent.pause();
    const call = `${JSON.stringify({ jsonrpc: '2.0', method: 'module.list', id: 1 })}\n`;
    silent.write(call.repeat(200));
    // Others are served; the silent one is cut off once its unsent answers pass the bound.
    const other = await server.connect();
    await other.ask({ jsonrpc: '2.0', method: 'module.list', id: 1 });
    silent.resume();
    const heard = await silent.ended;
    expect(heard.length).to.be.below(40 * 1024 * 1024);
  });

  it('answers every call of a client that sends many and reads slowly', async () => {
    server = await startServer({
      handlers: { 'module.list': (() => 'x'.repeat(50_000)) as never },
    });
    const slow = await server.connect();
    slow.pause();
    for (let id = 1; id <= 500; id += 1) slow.send({ jsonrpc: '2.0', method: 'module.list', id });
    slow.resume();
    for (let id = 1; id <= 500; id += 1) expect(await slow.receive()).to.have.property('id', id);
  });
});
