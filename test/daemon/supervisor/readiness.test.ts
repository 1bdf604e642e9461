import { expect } from 'chai';
import { describe, it } from 'mocha';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { Readiness } from '../../../daemon/supervisor/readiness.ts';
import { realSystem } from '../../../daemon/system.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function listen(port: number) {
  const server = createServer((socket) => socket.destroy());
  server.listen(port, '127.0.0.1');
  return once(server, 'listening').then(() => server);
}

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = await listen(0);
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function outcomes() {
  const seen: string[] = [];
  return { seen, onReady: () => seen.push('ready'), onTimeout: () => seen.push('timeout') };
}

const unasked = { elapsedMs: 0, whenLineMatches: () => () => undefined };

describe('readiness', () => {
  it('by tcp comes when the port answers, not before', async () => {
    const port = await closedPort();
    let isListening = false;
    const ready = new Promise<boolean>((resolve, reject) => {
      const rule = { kind: 'tcp', port, timeoutMs: 30_000 } as const;
      const onReady = (): void => resolve(isListening);
      const onTimeout = (): void => reject(new Error('too late'));
      new Readiness({ ...unasked, system: realSystem, rule, onReady, onTimeout });
    });
    const server = await listen(port);
    isListening = true;
    expect(await ready).to.equal(true);
    server.close();
  });

  it('by tcp times out when nobody ever listens', async () => {
    const port = await closedPort();
    const { seen, ...on } = outcomes();
    await new Promise<void>((resolve) => {
      const onTimeout = (): void => {
        on.onTimeout();
        resolve();
      };
      const rule = { kind: 'tcp', port, timeoutMs: 150 } as const;
      new Readiness({ ...unasked, ...on, system: realSystem, rule, onTimeout });
    });
    expect(seen).to.deep.equal(['timeout']);
  });

  it('by http comes with an answer below 400, and follows no redirect', async () => {
    const statuses = [500, 404, 302];
    const server = createHttpServer((_request, response) => {
      response.writeHead(statuses.shift() ?? 200, { location: 'http://127.0.0.1:1/' }).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const rule = { kind: 'http', url: `http://127.0.0.1:${port}/up`, timeoutMs: 30_000 } as const;
    await new Promise<void>((resolve, reject) => {
      const onTimeout = (): void => reject(new Error('too late'));
      new Readiness({ ...unasked, system: realSystem, rule, onReady: resolve, onTimeout });
    });
    expect(statuses, 'the redirect was answer enough').to.deep.equal([]);
    server.close();
  });

  it('by http times out on a server that accepts and never answers', async () => {
    const silent = createServer((socket) => {
      socket.resume();
      // However the client gives up.
      socket.once('error', () => socket.destroy());
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const { seen, ...on } = outcomes();
    await new Promise<void>((resolve) => {
      const rule = { kind: 'http', url: `http://127.0.0.1:${port}/`, timeoutMs: 150 } as const;
      const onTimeout = (): void => resolve();
      new Readiness({ ...unasked, ...on, system: realSystem, rule, onTimeout });
    });
    expect(seen).to.deep.equal([]);
    // Its connections are cut, or this would never come.
    await new Promise((resolve) => silent.close(resolve));
  });

  it('by staying up counts what a launch has behind it when it is adopted', async () => {
    const clock = new FakeClock();
    const { seen, ...on } = outcomes();
    const rule = { kind: 'after', afterMs: 1000, timeoutMs: 30_000 } as const;
    new Readiness({ ...unasked, ...on, system: clock, rule, elapsedMs: 600 });
    await clock.advance(399);
    expect(seen).to.deep.equal([]);
    await clock.advance(1);
    expect(seen).to.deep.equal(['ready']);
  });

  it('ends with the module’s own word, once', async () => {
    const clock = new FakeClock();
    const { seen, ...on } = outcomes();
    const rule = { kind: 'link', timeoutMs: 1000 } as const;
    const readiness = new Readiness({ ...unasked, ...on, system: clock, rule });
    readiness.linkSaysReady();
    readiness.linkSaysReady();
    await clock.advance(5000);
    expect(seen).to.deep.equal(['ready']);
  });

  it('that was cancelled says nothing any more', async () => {
    const clock = new FakeClock();
    const { seen, ...on } = outcomes();
    const rule = { kind: 'link', timeoutMs: 1000 } as const;
    const readiness = new Readiness({ ...unasked, ...on, system: clock, rule });
    readiness.cancel();
    readiness.linkSaysReady();
    await clock.advance(5000);
    expect(seen).to.deep.equal([]);
  });
});
