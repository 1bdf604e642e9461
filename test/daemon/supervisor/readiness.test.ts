import { expect } from 'chai';
import { describe, it } from 'mocha';
import { once } from 'node:events';
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
  return { seen, on: { ready: () => seen.push('ready'), timeout: () => seen.push('timeout') } };
}

describe('readiness', () => {
  it('by tcp comes when the port answers, not before', async () => {
    const port = await closedPort();
    let isListening = false;
    const ready = new Promise<boolean>((resolve, reject) => {
      const rule = { kind: 'tcp', port, timeoutMs: 30_000 } as const;
      new Readiness(realSystem, rule, 0, {
        ready: () => resolve(isListening),
        timeout: () => reject(new Error('too late')),
      });
    });
    const server = await listen(port);
    isListening = true;
    expect(await ready).to.equal(true);
    server.close();
  });

  it('by tcp times out when nobody ever listens', async () => {
    const port = await closedPort();
    const { seen, on } = outcomes();
    await new Promise<void>((resolve) => {
      const timeout = (): void => {
        on.timeout();
        resolve();
      };
      new Readiness(realSystem, { kind: 'tcp', port, timeoutMs: 150 }, 0, { ...on, timeout });
    });
    expect(seen).to.deep.equal(['timeout']);
  });

  it('by staying up counts what a launch has behind it when it is adopted', async () => {
    const clock = new FakeClock();
    const { seen, on } = outcomes();
    new Readiness(clock, { kind: 'after', afterMs: 1000, timeoutMs: 30_000 }, 600, on);
    await clock.advance(399);
    expect(seen).to.deep.equal([]);
    await clock.advance(1);
    expect(seen).to.deep.equal(['ready']);
  });

  it('ends with the module’s own word, once', async () => {
    const clock = new FakeClock();
    const { seen, on } = outcomes();
    const readiness = new Readiness(clock, { kind: 'link', timeoutMs: 1000 }, 0, on);
    readiness.linkSaysReady();
    readiness.linkSaysReady();
    await clock.advance(5000);
    expect(seen).to.deep.equal(['ready']);
  });

  it('that was cancelled says nothing any more', async () => {
    const clock = new FakeClock();
    const { seen, on } = outcomes();
    const readiness = new Readiness(clock, { kind: 'link', timeoutMs: 1000 }, 0, on);
    readiness.cancel();
    readiness.linkSaysReady();
    await clock.advance(5000);
    expect(seen).to.deep.equal([]);
  });
});
