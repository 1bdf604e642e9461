import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { readEnvironment } from '../../../modules/api/link/environment.ts';
import { Link } from '../../../modules/api/link.ts';
import { createLogger } from '../../../modules/api/log.ts';
import { RpcError } from '../../../rpc/errors.ts';
import { TestDaemon } from './daemon.ts';
import { failure } from '../../rpc/failure.ts';

describe('the link of a module', () => {
  let daemon: TestDaemon;
  const links: Link[] = [];
  let logged: string[] = [];
  let hasLogged: Promise<void>;
  let onLog: () => void;

  beforeEach(async () => {
    daemon = await TestDaemon.create();
    logged = [];
    hasLogged = new Promise((resolve) => (onLog = resolve));
  });
  afterEach(async () => {
    for (const link of links.splice(0)) await link.close();
    await daemon.remove();
  });

  function startLink(): Link {
    const environment = readEnvironment(daemon.env);
    if (environment.kind !== 'supervised') throw new Error('expected a supervised environment');
    const link = new Link({
      environment: environment.link,
      methods: new Map([['sample.echo', ({ params }) => params]]),
      daemonMethods: new Map([['link.shutdown', () => ({})]]),
      onUp: () => undefined,
      onNotification: () => undefined,
      log: createLogger((line) => {
        logged.push(line);
        onLog();
      }),
    });
    links.push(link);
    link.start();
    return link;
  }

  it('says hello, claims its methods but not those of the daemon, and answers them', async () => {
    await daemon.start();
    startLink();
    const event = await daemon.next();
    expect(event).to.include({ kind: 'hello' });
    if (event.kind !== 'hello') return;
    expect(event.methods).to.deep.equal(['sample.echo']);
    expect(await event.peer.call('sample.echo', [1, 2])).to.deep.equal([1, 2]);
    expect(await event.peer.call('link.shutdown', { deadline_ms: 1 })).to.deep.equal({});
  });

  it('finds a daemon that came back elsewhere, and is ready again there', async () => {
    await daemon.start();
    const link = startLink();
    await daemon.hello();
    link.ready();
    expect(await daemon.next()).to.deep.equal({ kind: 'ready' });
    await daemon.stop();
    await daemon.start();
    await daemon.hello();
    expect(await daemon.next()).to.deep.equal({ kind: 'ready' });
  });

  it('is not ready after a reconnect when it was not before', async () => {
    await daemon.start();
    const link = startLink();
    (await daemon.hello()).destroy();
    await daemon.hello();
    await link.call('link.halt', { reason: 'next' });
    expect(await daemon.next()).to.include({ kind: 'halt' });
  });

  it('refuses what the daemon would close the link for, before it is sent', async () => {
    await daemon.start();
    const link = startLink();
    const peer = await daemon.hello();
    // Fewer characters than bytes are allowed.
    const tooLong = { text: 'ü'.repeat(600_000) };
    const error = await failure(link.call('sample.nothing', tooLong));
    expect(error).to.include({ code: -32600 });
    expect(error.message).to.match(
      /^cannot call sample\.nothing: the message has 12\d{5} bytes, and 1048576 are allowed/,
    );
    expect(await failure(peer.call('sample.echo', tooLong))).to.deep.include({
      code: -32007,
      data: { reason: 'answer_too_large' },
    });
    expect(await link.call('module.list')).to.deep.equal({ modules: [] });
    expect(peer.signal.aborted).to.equal(false);
  });

  it('lets a call wait for a daemon that is away', async () => {
    const link = startLink();
    const answer = link.call('module.list');
    await daemon.start();
    expect(await answer).to.deep.equal({ modules: [] });
  });

  it('gives up a call when the daemon stays away', async () => {
    const link = startLink();
    const error = await failure(link.call('module.list', {}, { timeoutMs: 20 }));
    expect(error).to.be.an.instanceOf(RpcError).with.property('code', -32006);
  });

  it('reports an outage once, and its end', async () => {
    const link = startLink();
    await hasLogged;
    await daemon.start();
    await link.call('module.list');
    expect(logged).to.have.lengthOf(2);
    expect(logged[0]).to.include('no link to the daemon').and.include('ENOENT');
    expect(logged[1]).to.include('is back');
  });

  it('reports that its token was refused', async () => {
    await daemon.start();
    daemon.token = 'of another launch';
    startLink();
    expect(await daemon.next()).to.deep.equal({ kind: 'refused' });
    await hasLogged;
    expect(logged).to.have.lengthOf(1);
    expect(logged[0]).to.include('authentication failed');
  });

  it('ends for good when closed', async () => {
    await daemon.start();
    const link = startLink();
    const peer = await daemon.hello();
    await link.close();
    await peer.closed;
    expect(await failure(link.call('module.list'))).to.have.property(
      'name',
      'ConnectionClosedError',
    );
  });
});
