// A stream from real files over a real socket; the live lines come from the test.
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogFollowers } from '../../../daemon/logs/follow.ts';
import { logMethods } from '../../../daemon/methods/logs.ts';
import { Subscriptions } from '../../../daemon/api/subscriptions.ts';
import type { LogLevel, LogLine } from '../../../rpc/shapes.ts';
import { startServer, type RawClient, type TestServer } from '../../rpc/wire.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: { lines: LogLine[] };
  readonly params?: { line: LogLine; count: number };
}

describe('a log stream', () => {
  const folder = temporaryFolders();
  let server: TestServer;

  afterEach(() => server.stop());

  it('answers with the last stored lines and goes on with the live ones', async () => {
    const { client, followers } = await serve([1, 2, 3]);
    expect(await open(client, { lines: 2 })).to.deep.equal([2, 3]);
    followers.take(lineOf(4));
    expect(await next(client)).to.equal('line 4');
  });

  it('gives a line once that is stored and comes live as well', async () => {
    const { client, followers, whileJoining } = await serve([1, 2, 3]);
    // Written just before the stream joined, and stored before the files were read.
    whileJoining([3]);
    expect(await open(client, { lines: 10 })).to.deep.equal([1, 2, 3]);
    followers.take(lineOf(4));
    expect(await next(client)).to.equal('line 4');
  });

  it('loses no line that comes while it joins, also where no stored ones are asked for', async () => {
    const { client, followers, whileJoining } = await serve([1, 2, 3]);
    whileJoining([3]);
    expect(await open(client, { lines: 0 })).to.deep.equal([]);
    followers.take(lineOf(4));
    expect(await next(client)).to.equal('line 3');
    expect(await next(client)).to.equal('line 4');
  });

  it('goes on after a number', async () => {
    const { client, followers } = await serve([1, 2, 3, 4]);
    expect(await open(client, { from: 2 })).to.deep.equal([3, 4]);
    followers.take(lineOf(5));
    expect(await next(client)).to.equal('line 5');
  });

  it('says how many of the lines after that number are no longer stored', async () => {
    const { client } = await serve([8, 9]);
    expect(await open(client, { from: 2 })).to.deep.equal([8, 9]);
    expect(await next(client)).to.equal('lost 5');
  });

  it('keeps to a level, counting only what passes it', async () => {
    const { client, followers } = await serve([1, 2, 3, 4], [1, 2]);
    expect(await open(client, { lines: 2, level: 'error' })).to.deep.equal([1, 2]);
    followers.take(lineOf(5));
    followers.take(lineOf(6, 'fatal'));
    expect(await next(client)).to.equal('line 6');
  });

  async function serve(stored: number[], errors: number[] = []) {
    const logsDir = folder();
    const lines = stored.map((seq) => lineOf(seq, errors.includes(seq) ? 'error' : 'info'));
    const content = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    writeFileSync(join(logsDir, 'trading.log'), content);
    let early: number[] = [];
    const followers: LogFollowers = new LogFollowers(
      () => {
        for (const seq of early) followers.take(lineOf(seq));
        return Promise.resolve({});
      },
      () => ['trading'],
    );
    const handlers = logMethods({
      logsDir,
      followers,
      subscriptions: new Subscriptions(),
      checkModule: () => undefined,
      onFault: (doing, error) => {
        throw new Error(doing, { cause: error });
      },
    });
    server = await startServer({ handlers });
    const whileJoining = (seqs: number[]) => (early = seqs);
    return { client: await server.connect(), followers, whileJoining };
  }
});

async function open(client: RawClient, selection: object): Promise<number[]> {
  const params = { module: 'trading', ...selection };
  const answer = await client.ask({ jsonrpc: '2.0', id: 1, method: 'logs.stream', params });
  return ((answer as Message).result?.lines ?? []).map(({ seq }) => seq);
}

async function next(client: RawClient): Promise<string> {
  const { method, params } = (await client.receive()) as Message;
  return method === 'logs.lost' ? `lost ${params?.count}` : `line ${params?.line.seq}`;
}

function lineOf(seq: number, level: LogLevel = 'info'): LogLine {
  const time = new Date(Date.UTC(2026, 0, 1) + seq).toISOString();
  return { seq, time, module: 'trading', stream: 'stdout', level, text: `line ${seq}` };
}
