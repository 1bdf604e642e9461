import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

/** Why a body cannot be had though its bytes arrive. */
export class BodyError extends Error {
  readonly problem: 'too_large' | 'bad_encoding';

  constructor(problem: 'too_large' | 'bad_encoding') {
    super(problem);
    this.problem = problem;
  }
}

/** Sent as Accept-Encoding. Without deflate, of which there are two that are told apart by guessing. */
export const acceptedEncodings = 'gzip, br';

/**
 * The whole body, decompressed, of at most `bytesMax` bytes on the wire and as many in the end.
 * Throws a BodyError for more, and for one that is cut off or damaged within its encoding. Whoever
 * calls destroys the connection then: the rest is not read.
 * @param onBytes called as bytes arrive
 */
export async function readBody(
  source: Readable,
  encoding: string,
  bytesMax: number,
  onBytes: () => void,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    onBytes();
    bytes += chunk.length;
    if (bytes > bytesMax) throw new BodyError('too_large');
    chunks.push(chunk);
  }
  const raw = Buffer.concat(chunks, bytes);
  // An answer to HEAD names the encoding of a body that does not come.
  return raw.length === 0 ? raw : decode(raw, encoding, bytesMax);
}

const gunzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const brotli = promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress);

/** Whole at once, since only so a body that is cut off is told from one that ends. */
async function decode(raw: Buffer, encoding: string, bytesMax: number): Promise<Buffer> {
  try {
    switch (encoding.toLowerCase()) {
      case '':
      case 'identity':
        return raw;
      case 'gzip':
      case 'x-gzip':
        return await gunzip(raw, { maxOutputLength: bytesMax });
      case 'br':
        return await brotli(raw, { maxOutputLength: bytesMax });
      default:
        throw new BodyError('bad_encoding');
    }
  } catch (error) {
    const isBomb = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new BodyError(isBomb ? 'too_large' : 'bad_encoding');
  }
}
