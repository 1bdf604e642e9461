// Lines however their bytes are cut, mixed with the bytes of others, and bytes that are no lines.
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RawClient } from '../rpc/wire.ts';
import { abusedDaemon, line, login, request, ways, type AbusedDaemon } from './abused-daemon.ts';
import { expectedTexts, receivedTexts } from './oracle.ts';
import { randomFrom, runs, seed } from './seed.ts';

const mebibyte = 1024 * 1024;
const list = JSON.stringify(request('module.list', undefined, 'ü€😀'));

/** What may stand between two newlines and still be a message, or at least be JSON. */
const json: readonly Buffer[] = [
  list,
  `${list}\r`,
  `\t  ${list} \r\r`,
  `[${list}, ${list}]\r`,
  '7',
  '{}',
  '""',
].map((text) => Buffer.from(text));

/** Never JSON; the encodings contain bytes 0x0a, and are several lines then. */
const garbage: readonly Buffer[] = [
  Buffer.from(''),
  Buffer.from('\r'),
  Buffer.from(`\ufeff${list}`),
  Buffer.from(`${list}\0`),
  Buffer.from(`\0${list}`),
  Buffer.from(`${list}\n`, 'utf16le'),
  Buffer.from(`\ufeff${list}\n`, 'utf16le').swap16(),
  Buffer.from(list.replace('ü', '\xff'), 'latin1'),
  Buffer.from(list.replace('ü', '\xed\xa0\x80'), 'latin1'),
  Buffer.from([0xc0, 0x80]),
  Buffer.from(list).subarray(0, 30),
];

describe('framing', () => {
  for (const way of ways) {
    describe(`on ${way}`, () => {
      const daemon = abusedDaemon(way);

      it(`makes the same of the bytes however they are cut and mixed (FUZZ_SEED=${seed})`, async () => {
        const lines = daemon.isTokenNeeded ? json : [...json, ...garbage];
        const stream = fc.record({
          lines: fc.array(fc.constantFrom(...lines), { minLength: 1, maxLength: 12 }),
          sizes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }),
          rest: fc.constantFrom('', '{', list, '\0', '\r'),
        });
        const streams = fc.array(stream, { minLength: 1, maxLength: 8 });
        await fc.assert(
          fc.asyncProperty(streams, (each) => expectSame(daemon, each)),
          runs(40),
        );
      });

      it('takes a message of one byte at a time, and two messages that share a packet', async () => {
        const client = await daemon.enter();
        const bytes = Buffer.from(`${list}\n${list}\n`);
        for (const byte of bytes.subarray(0, -40)) {
          client.write(Buffer.from([byte]));
          await nextTurn();
        }
        expect(await client.receive()).to.have.property('id', 'ü€😀');
        client.write(bytes.subarray(-40));
        expect(await client.receive()).to.have.property('id', 'ü€😀');
      });

      it('takes a message of exactly max_message, and refuses one byte more', async () => {
        const fitting = padded(mebibyte);
        expect(fitting).to.have.lengthOf(mebibyte + 1);
        const received = await daemon.exchange(fitting, line(request('module.list')));
        expect(receivedTexts(received)).to.deep.equal(['"ours" → ok', '"padded" → -32601']);
        for (const sent of [padded(mebibyte + 1), padded(2 * mebibyte), 'x'.repeat(mebibyte + 1)]) {
          const client = await daemon.enter();
          client.write(sent);
          client.write(line(request('module.start', { module: 'sleeper' })));
          const answers = (await client.ended).split('\n').slice(daemon.isTokenNeeded ? 1 : 0);
          if (daemon.isTokenNeeded) expect(answers).to.deep.equal(['']);
          else expect(receivedTexts(answers.join('\n'))).to.deep.equal(['null → -32600']);
        }
        expect((await daemon.home.module('sleeper')).state).to.equal('stopped');
      });

      if (daemon.isTokenNeeded) {
        for (const bytes of garbage) {
          const shown = JSON.stringify(bytes.toString('latin1').slice(0, 20));
          it(`ends the connection without a word on ${shown}, and does nothing after it`, async () => {
            const start = line(request('module.start', { module: 'sleeper' }));
            const client = await daemon.enter();
            client.write(Buffer.concat([bytes, Buffer.from(`\n${start}`)]));
            expect((await client.ended).split('\n').slice(1)).to.deep.equal(['']);
            const stranger = await daemon.open();
            const introduction = line(login(daemon.token));
            stranger.write(Buffer.concat([bytes, Buffer.from(`\n${introduction}${start}`)]));
            expect(await stranger.ended).to.equal('');
            expect((await daemon.home.module('sleeper')).state).to.equal('stopped');
          });
        }
      }
    });
  }
});

interface Stream {
  readonly lines: readonly Buffer[];
  /** Of the pieces that it is sent in, over and over. */
  readonly sizes: readonly number[];
  /** Behind the last newline: no message, however complete. */
  readonly rest: string;
}

/** Each on its own connection, the pieces of all of them in an order by chance. */
async function expectSame(daemon: AbusedDaemon, streams: readonly Stream[]): Promise<void> {
  const under = await Promise.all(
    streams.map(async (stream) => {
      const bytes = Buffer.concat(stream.lines.flatMap((each) => [each, Buffer.from('\n')]));
      const pieces = cut(Buffer.concat([bytes, Buffer.from(stream.rest)]), stream.sizes);
      return { bytes, pieces, client: await daemon.enter() };
    }),
  );
  const random = randomFrom(seed);
  for (let left = [...under]; left.length > 0; left = left.filter((each) => each.pieces.length)) {
    const { pieces, client } = left[random(left.length)]!;
    send(client, pieces.shift());
    await nextTurn();
  }
  for (const { client, bytes } of under) {
    client.end();
    const lines = split(bytes);
    const all = await client.ended;
    const received = daemon.isTokenNeeded ? all.slice(all.indexOf('\n') + 1) : all;
    expect(receivedTexts(received)).to.deep.equal(expectedTexts(lines, daemon.oracle));
  }
}

function send(client: RawClient, piece: Buffer | undefined): void {
  if (piece !== undefined) client.write(piece);
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = sizes[pieces.length % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function split(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(0x0a, at);
    lines.push(bytes.subarray(at, newline));
    at = newline + 1;
  }
  return lines;
}

/** A call of so many bytes, and the newline. */
function padded(bytes: number): string {
  const empty = line(request('no.such', [''], 'padded'));
  return line(request('no.such', ['x'.repeat(bytes - (empty.length - 1))], 'padded'));
}
