// Over a real socket, whose other side sees bytes.
import { expect } from 'chai';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Outbox } from '../../rpc/outbox.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const seed = 20261122;
const limits = { congestedBytes: 1024 * 1024, bytesMax: 32 * 1024 * 1024 };

/** As long as what is written in one turn is gathered. */
function turn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

describe('an outbox', () => {
  const folder = temporaryFolders();
  let server: Server;
  let near: Socket;
  let far: Socket;

  beforeEach(async () => {
    const path = join(folder(), 's');
    server = createServer().listen(path);
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    far = connect(path);
    [near] = await accepted;
  });
  afterEach(() => {
    near.destroy();
    far.destroy();
    server.close();
  });

  it(`sends whole messages in their order, whatever their pieces and sizes (seed ${seed})`, async () => {
    const size = fc.oneof(
      { weight: 20, arbitrary: fc.nat(400) },
      fc.nat(20_000),
      fc.constantFrom(5461, 5462, 16_383, 16_384, 200_000),
    );
    const letter = fc.constantFrom('a', 'ü', '\u20ac', '\u{1f600}');
    const pieces = fc.array(fc.tuple(letter, size), { minLength: 1, maxLength: 4 });
    const turns = fc.array(fc.array(pieces, { minLength: 40, maxLength: 60 }), {
      minLength: 3,
      maxLength: 3,
    });
    const [written] = fc.sample(turns, { seed, numRuns: 1 });
    const outbox = new Outbox(near, limits);
    let expected = '';
    for (const messages of written ?? []) {
      for (const message of messages) {
        const strings = message.map(([character, count]) => character.repeat(count));
        expect(outbox.write(...strings)).to.equal(true);
        expected += `${strings.join('')}\n`;
      }
      await new Promise(setImmediate);
    }
    outbox.flush();
    near.end();
    expect((await text(far)) === expected).to.equal(true);
    expect(expected.length).to.be.greaterThan(100_000);
  });

  it('keeps what a slow reader has not read as it was, while others use the same buffers', async () => {
    const slow = new Outbox(near, limits);
    const lines = Array.from({ length: 4000 }, (_, at) => `${at} ${'s'.repeat(200)}`);
    for (const line of lines) {
      slow.write(line);
      if (Number(line.split(' ')[0]) % 40 === 0) await turn();
    }
    slow.flush();
    // The other direction of the connection has an outbox of its own, and takes spare buffers.
    const other = new Outbox(far, limits);
    near.resume();
    for (let at = 0; at < 200; at += 1) {
      other.write('o'.repeat(5000));
      await turn();
    }
    near.end();
    expect((await text(far)).trimEnd().split('\n')).to.deep.equal(lines);
  });

  it('is congested until all is sent, and gives up on one who never reads', async () => {
    const outbox = new Outbox(near, { congestedBytes: 300_000, bytesMax: 1_000_000 });
    const line = 'x'.repeat(1000);
    for (let count = 0; !outbox.isCongested; count += 1) {
      expect(count).to.be.below(10_000);
      outbox.write(line);
    }
    const drained = new Promise<void>((resolve) => outbox.onceDrained(resolve));
    far.resume();
    await drained;
    expect(outbox.isCongested).to.equal(false);
    far.pause();
    near.on('error', () => undefined);
    let count = 0;
    while (outbox.write(line)) expect((count += 1)).to.be.below(10_000);
    expect(near.destroyed).to.equal(true);
    expect(outbox.write(line)).to.equal(false);
  });
});
