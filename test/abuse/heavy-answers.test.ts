// Calls whose answers are as large as they can be, many at once, from peers that read and that do not.
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { abusedDaemon, request } from './abused-daemon.ts';

const mebibyte = 1024 * 1024;
/** What the answers of one batch may take together, printed. */
const batchLengthMax = 16 * mebibyte;
/** Several times what that needs on its way; all answers in memory at once would be gigabytes. */
const growthBytesMax = 400 * mebibyte;

/** 64 MB of log in lines that are nearly as long as they may be. */
const verbose = {
  type: 'exec',
  command: [
    'sh',
    '-c',
    "line=$(head -c 60000 /dev/zero | tr '\\0' x); n=0; while [ $n -lt 1000 ]; do echo $line; n=$((n+1)); done",
  ],
  ready: { after: '0s' },
  restart: { policy: 'never' },
};

describe('heavy answers', () => {
  const daemon = abusedDaemon('unix', { modules: { verbose } });

  before(async () => {
    await daemon.ask(request('module.start', { module: 'verbose' }));
    await daemon.home.reaches('verbose', 'stopped', 'finished');
  });

  const tail = (lines: number, id: unknown = 'ours') =>
    request('logs.tail', { module: 'verbose', lines }, id);

  it('are refused one by one where a batch would grow too large', async () => {
    const client = await daemon.enter();
    const peak = watchMemory();
    const answers = (await client.ask(Array.from({ length: 40 }, (_, n) => tail(100, n)))) as {
      id: number;
      result?: object;
      error?: { code: number; data: { reason: string } };
    }[];
    expect(answers.map(({ id }) => id).sort((a, b) => a - b)).to.deep.equal([...Array(40).keys()]);
    const refused = answers.filter(({ error }) => error !== undefined);
    for (const { error } of refused) {
      expect(error).to.deep.include({ code: -32007, data: { reason: 'answer_too_large' } });
    }
    expect(refused).to.have.lengthOf.within(30, 39);
    expect(JSON.stringify(answers).length).to.be.lessThan(batchLengthMax + mebibyte);
    expect(peak()).to.be.lessThan(growthBytesMax);
  });

  it('do not pile up for 16 calls at once whose answers are too large', async () => {
    const client = await daemon.enter();
    const peak = watchMemory();
    for (let n = 0; n < 16; n += 1) client.send(tail(10_000, n));
    for (let n = 0; n < 16; n += 1) {
      expect(await client.receive()).to.have.nested.property(
        'error.data.reason',
        'answer_too_large',
      );
    }
    expect(peak()).to.be.lessThan(growthBytesMax);
  });

  it('cost whoever does not read them the connection, and nobody else anything', async () => {
    const deaf = await Promise.all(Array.from({ length: 4 }, () => daemon.enter()));
    const peak = watchMemory();
    for (const client of deaf) {
      client.pause();
      for (let n = 0; n < 100; n += 1) client.send(tail(100, n));
    }
    expect(await daemon.ask(request('module.list'))).to.have.property('result');
    expect(peak()).to.be.lessThan(growthBytesMax);
  });

  /** Tells by how much the daemon has grown at most since. */
  function watchMemory(): () => number {
    const start = daemon.residentBytes;
    let most = start;
    const timer = setInterval(() => (most = Math.max(most, daemon.residentBytes)), 10);
    return () => {
      clearInterval(timer);
      most = Math.max(most, daemon.residentBytes);
      return most - start;
    };
  }
});
