// Valid requests with a byte or a piece changed, and the corners of JSON itself.
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { abusedDaemon, type AbusedDaemon } from './abused-daemon.ts';
import { expectedFor, expectedTexts, receivedTexts } from './oracle.ts';
import { runs, seed } from './seed.ts';

const valid = [
  '{"jsonrpc":"2.0","method":"module.list","id":1}',
  '{"jsonrpc": "2.0", "method": "module.status", "params": {"module": "sleeper"}, "id": "ü€😀"}',
  '{"jsonrpc":"2.0","method":"no.such","params":[1,-0,2.5e-3,true,null,{"a":"\\u20ac\\n"}],"id":null}',
  '[{"jsonrpc":"2.0","method":"module.list","id":1},{"jsonrpc":"2.0","method":"module.list"},7]',
  '{"jsonrpc":"2.0","method":"module.list"}',
];

const pieces = [
  ...[
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '\0',
    ' ',
    '\r',
    '\t',
    '/**/',
    "'",
    '\ufeff',
    '\u2028',
  ],
  ...['null', 'true', 'NaN', 'Infinity', '-0', '1e999', '-', '0x10', '01', '1.', '9'.repeat(400)],
  ...['\\u0000', '\\ud800', '\\x41', '"__proto__":{"jsonrpc":"2.0"},', '"id":2,', '"id":{},'],
  ...['"method":"no.such",', '"params":{"module":"x"},', '[['.repeat(70), '{"a":'.repeat(130)],
];

const invalidBytes = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x80]];

const mutation = fc.record({
  at: fc.nat(),
  length: fc.nat({ max: 20 }),
  piece: fc.oneof(
    fc.constantFrom(...pieces).map((text) => Buffer.from(text)),
    fc.constantFrom(...invalidBytes).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
  ),
  kind: fc.constantFrom('cut', 'insert', 'replace', 'repeat', 'truncate'),
});

const mutated = fc
  .tuple(fc.constantFrom(...valid), fc.array(mutation, { maxLength: 3 }))
  .map(([text, mutations]) => mutations.reduce(mutate, Buffer.from(text)));

function mutate(
  text: Buffer,
  { at, length, piece, kind }: { at: number; length: number; piece: Buffer; kind: string },
): Buffer {
  const start = at % (text.length + 1);
  const [head, middle] = [text.subarray(0, start), text.subarray(start, start + length)];
  const tail = text.subarray(start + length);
  const replacement: Record<string, Buffer[]> = {
    cut: [head, tail],
    insert: [head, piece, middle, tail],
    replace: [head, piece, tail],
    repeat: [head, middle, middle, tail],
    truncate: [head],
  };
  // A newline would make two lines of it; that is what the framing suite asks about.
  const changed = Buffer.concat(replacement[kind] ?? []);
  return changed.map((byte) => (byte === 0x0a ? 0x20 : byte)) as Buffer;
}

describe('JSON texts', () => {
  for (const way of ['unix', 'tcp'] as const) {
    describe(`on ${way}`, () => {
      const daemon = abusedDaemon(way);

      it(`takes mutations of valid requests for what they are (FUZZ_SEED=${seed})`, async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(mutated, { minLength: 1, maxLength: 40 }), (lines) =>
            expectAnswered(daemon, lines),
          ),
          runs(100),
        );
      });

      it('takes the last of two members of the same name', async () => {
        await expectAnswered(daemon, [
          '{"jsonrpc":"1.0","jsonrpc":"2.0","method":"no.such","method":"module.list","id":1,"id":2}',
          '{"jsonrpc":"2.0","method":"module.list","id":1,"id":{}}',
          '{"jsonrpc":"2.0","method":"module.list","params":7,"params":{},"id":1}',
        ]);
      });

      it('gives no member by way of a prototype', async () => {
        const inherited = '{"jsonrpc":"2.0","method":"module.list","id":1,"auth":"x"}';
        await expectAnswered(daemon, [
          `{"__proto__":${inherited}}`,
          `{"jsonrpc":"2.0","id":1,"method":"module.list","__proto__":${inherited}}`,
          `{"jsonrpc":"2.0","id":1,"method":"module.status","params":{"__proto__":{"module":"sleeper"}}}`,
          `{"jsonrpc":"2.0","id":1,"method":"module.status","params":{"module":"sleeper","__proto__":{}}}`,
          `{"constructor":{"prototype":${inherited}}}`,
        ]);
        await expectAnswered(daemon, ['{"id":3}', '{}']);
      });

      it('draws the line at 128 levels wherever they are', async () => {
        for (const levels of [126, 127, 128, 129, 200, 50_000]) {
          const nested = '['.repeat(levels - 2) + ']'.repeat(levels - 2);
          await expectAnswered(daemon, [
            `{"jsonrpc":"2.0","method":"no.such","params":[${nested}],"id":${levels}}`,
            `{"jsonrpc":"2.0","method":"no.such","params":{"a":${nested}},"id":"${'['.repeat(200)}"}`,
          ]);
        }
      });
    });
  }
});

async function expectAnswered(
  daemon: AbusedDaemon,
  texts: readonly (string | Buffer)[],
): Promise<void> {
  const lines = texts.map((text) => Buffer.from(text as string));
  // Where a token is needed what is not JSON ends the connection; the framing suite sends that.
  const taken = lines.filter(
    (each) => !daemon.isTokenNeeded || !isParseError(expectedFor(each, daemon.oracle)),
  );
  const received = await daemon.exchange(...taken.flatMap((each) => [each, Buffer.from('\n')]));
  expect(receivedTexts(received)).to.deep.equal(expectedTexts(taken, daemon.oracle));
}

function isParseError(expected: ReturnType<typeof expectedFor>): boolean {
  return expected !== null && 'outcome' in expected && expected.outcome === -32700;
}
