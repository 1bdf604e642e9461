import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { redisAddress } from '../../../daemon/redis/address.ts';
import { openSession, type Outage, RedisUnreachable } from '../../../daemon/redis/session.ts';
import { TestRedis, whyNoRedisTls } from '../../support/redis.ts';

describe('what listens in the place of Redis', () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  /** Of a session with one who answers everything so. */
  async function outage(answer: string | Buffer): Promise<Outage> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      // It is left in the middle of what it says.
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(answer));
    }).listen(0, '127.0.0.1');
    ends.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    await once(server, 'listening');
    const address = redisAddress(`redis://:pw@127.0.0.1:${(server.address() as AddressInfo).port}`);
    try {
      await openSession(address, null, new AbortController().signal);
    } catch (error) {
      if (error instanceof RedisUnreachable) return error.outage;
      throw error;
    }
    throw new Error('it was taken for a Redis');
  }

  const strangers: [string, string | Buffer, string][] = [
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'Unknown RESP type 72 "H"'],
    ['noise', Buffer.from([0, 1, 2, 255]), 'Unknown RESP type 0 "?"'],
    ['refusals that end on a terminal', '-ERR \u001b[2J\u202egone\r\n', 'ERR ?[2J?gone'],
    [
      'a Redis that loads its data',
      '-LOADING Redis is loading the dataset in memory\r\n',
      'LOADING',
    ],
    ['arrays in arrays without an end', '*1\r\n'.repeat(200_000), 'Maximum call stack size'],
  ];
  it('is an outage, in words that can be shown', async () => {
    for (const [what, answer, why] of strangers) {
      const { state, why: said } = await outage(answer);
      expect(state, what).to.equal('down');
      expect(said, what).to.include(why).and.not.match(/\p{C}/u);
    }
  });
});

describe('a Redis whose certificate nobody knows', function () {
  const why = whyNoRedisTls();
  if (why !== null) return void it.skip(`is an outage: ${why}`);
  let redis: TestRedis;
  before(async () => {
    redis = await TestRedis.startWithTls();
  });
  after(() => redis.dispose());

  it('is an outage each time, whatever TLS has to say after the refusal', async () => {
    const address = redisAddress(redis.tlsUrl);
    // A second error comes now and then only.
    for (let n = 0; n < 40; n++) {
      const error: unknown = await openSession(
        address,
        { pattern: 'a', take: () => undefined },
        new AbortController().signal,
      ).catch((failure: unknown) => failure);
      expect(error).to.be.instanceOf(RedisUnreachable);
    }
  });
});
