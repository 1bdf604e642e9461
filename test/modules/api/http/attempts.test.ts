import { expect } from 'chai';
import { describe, it } from 'mocha';
import { httpClients } from './clients.ts';
import { failureOf } from './failure-of.ts';
import { reply } from './raw-server.ts';

// Chance is in the middle, so the first delays are 500 and 1000 ms.
describe('what an HTTP client sends again, and when', () => {
  const { setUp } = httpClients();

  it('tries a read again after growing delays, and says how often (row 96)', async () => {
    const { server, clock, client, url } = await setUp(({ socket }) =>
      socket.write(reply(503, 'busy')),
    );
    const failed = failureOf(client.request(url));
    await clock.set(500);
    expect(server.seen).to.have.length(1);
    await clock.advance(499);
    expect(server.seen).to.have.length(1);
    await clock.advance(1);
    await clock.set(1000);
    await clock.advance(1000);
    const error = await failed;
    expect(error.message).to.match(/status 503: "busy" \(tried 3 times\)$/);
    expect(error.attempts).to.equal(3);
    expect(client.metrics[url]).to.deep.include({ requests: 1, retries: 2, errors: { status: 1 } });
  });

  it('gives the answer of a server that recovers, signed afresh for each attempt (row 96)', async () => {
    const { server, clock, client, url } = await setUp(({ socket, number }) => {
      if (number === 1) socket.resetAndDestroy();
      else socket.write(number === 2 ? reply(502) : reply(200, 'here'));
    });
    let signed = 0;
    const answer = client.request(`${url}/account`, {
      sign: (draft) => {
        signed += 1;
        draft.url.searchParams.set('signature', `s${signed}`);
        draft.headers['x-key'] = `k${signed}`;
      },
    });
    await clock.set(500);
    await clock.advance(500);
    await clock.set(1000);
    await clock.advance(1000);
    const response = await answer;
    expect(response.text()).to.equal('here');
    expect(response.attempts).to.equal(3);
    expect(server.seen.map(({ text }) => /^GET (\S+)/.exec(text)?.[1])).to.deep.equal([
      '/account?signature=s1',
      '/account?signature=s2',
      '/account?signature=s3',
    ]);
    expect(server.seen[2]!.text).to.match(/^x-key: k3\r$/m);
  });

  for (const fault of ['503', 'reset'] as const)
    it(`sends an order once, whatever comes of it (${fault})`, async () => {
      const { server, clock, client, url } = await setUp(({ socket }) => {
        if (fault === '503') socket.write(reply(503));
        else socket.resetAndDestroy();
      });
      const error = await failureOf(client.request(url, { method: 'POST', body: 'x' }));
      expect(error).to.include({ attempts: 1, mayHaveArrived: true });
      await clock.advance(100_000);
      expect(server.seen).to.have.length(1);
    });

  it('sends one again that may be repeated', async () => {
    const { clock, client, url } = await setUp(({ socket, number }) =>
      socket.write(number === 1 ? reply(503) : reply(200)),
    );
    const answer = client.request(url, { method: 'POST', body: 'x', idempotent: true });
    await clock.set(500);
    await clock.advance(500);
    expect((await answer).attempts).to.equal(2);
  });

  it('tries again at once, and once, on a connection that the server had given up', async () => {
    const { server, clock, client, url } = await setUp(({ socket, onConnection }) => {
      if (onConnection > 1) socket.resetAndDestroy();
      else socket.write(reply(200));
    });
    await client.request(url);
    expect((await client.request(url)).attempts).to.equal(2);
    expect(clock.delays).not.to.include(500);
    expect(server.accepted).to.equal(2);
    const error = await failureOf(client.request(url, { method: 'POST', body: 'x' }));
    expect(error.failure).to.deep.include({ kind: 'network', wasReused: true });
  });

  for (const header of ['7', 'date'] as const)
    it(`comes back when Retry-After says so, not before (${header})`, async () => {
      const { server, clock, client, url } = await setUp(({ socket, number }) => {
        const inSevenSeconds = new Date(Math.ceil(clock.now() / 1000) * 1000 + 7000).toUTCString();
        const after = { 'Retry-After': header === '7' ? '7' : inSevenSeconds };
        socket.write(number === 1 ? reply(503, '', after) : reply(200));
      });
      const answer = client.request(url);
      await server.received(1);
      const delayMs =
        header === '7' ? 7500 : 7000 + (Math.ceil(clock.now() / 1000) * 1000 - clock.now()) + 500;
      await clock.set(delayMs);
      await clock.advance(delayMs - 1);
      expect(server.seen).to.have.length(1);
      await clock.advance(1);
      expect((await answer).attempts).to.equal(2);
    });

  it('takes no notice of a Retry-After that makes no sense', async () => {
    const { clock, client, url } = await setUp(({ socket, number }) =>
      socket.write(number === 1 ? reply(503, '', { 'Retry-After': 'soon' }) : reply(200)),
    );
    const answer = client.request(url);
    await clock.set(500);
    await clock.advance(500);
    expect((await answer).attempts).to.equal(2);
  });

  it('says so when it is told to wait for longer than it may', async () => {
    const { client, url } = await setUp(({ socket }) =>
      socket.write(reply(503, '', { 'Retry-After': '3600' })),
    );
    const error = await failureOf(client.request(url));
    expect(error.message).to.match(/it asks to wait for 3600.0 s, and only 60.0 s are left\)$/);
    expect(error.failure).to.include({ retryAfterMs: 3_600_000 });
  });

  it('lets everybody wait after a 429, and sends what has no time for that not at all', async () => {
    const { server, clock, client, url } = await setUp(({ socket, number }) =>
      socket.write(number === 1 ? reply(429, '', { 'Retry-After': '20' }) : reply(200)),
    );
    const first = client.request(url, { method: 'POST', body: 'x' });
    expect((await failureOf(first)).failure).to.include({ kind: 'status', retryAfterMs: 20_000 });
    expect(client.metrics[url]).to.include({ held_ms: 20_000 });
    const hasty = await failureOf(client.request(url, { timeoutMs: 5000 }));
    expect(hasty.failure).to.deep.equal({ kind: 'held', status: 429, retryAfterMs: 20_000 });
    expect(hasty).to.include({ attempts: 0, mayHaveArrived: false });
    const patient = client.request(url);
    await clock.set(20_500);
    expect(server.seen).to.have.length(1);
    await clock.advance(20_500);
    expect((await patient).attempts).to.equal(1);
  });

  for (const header of [{}, { 'Retry-After': '120' }] as const)
    it(`never sends into a ban (418, ${JSON.stringify(header)})`, async () => {
      const { server, clock, client, url } = await setUp(({ socket, number }) =>
        socket.write(number === 1 ? reply(418, '', header) : reply(200)),
      );
      expect((await failureOf(client.request(url))).attempts).to.equal(1);
      await clock.advance(119_000);
      const error = await failureOf(client.request(url, { timeoutMs: 1_000_000 }));
      expect(error.message).to.match(/it has banned us \(status 418\) for another 1.0 s$/);
      expect(server.seen).to.have.length(1);
      await clock.advance(1000);
      expect((await client.request(url)).status).to.equal(200);
    });
});
