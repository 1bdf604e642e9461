/**
 * A backup file: one gzip stream of frames, each a letter, a length and that many bytes. `H` says what
 * was there, then for each table `T`, any number of `D` with its rows as COPY gives them, `E`; `Z` is
 * the end, without which a file is not whole.
 */

/** First in the stream, so that nothing else is taken for a backup. */
export const magic = 'superbot backup 1\n';

export type Frame =
  | { readonly kind: 'H'; readonly header: Header }
  | { readonly kind: 'T'; readonly table: TableName }
  | { readonly kind: 'D'; readonly data: Buffer }
  | { readonly kind: 'E'; readonly sum: TableSum }
  | { readonly kind: 'Z'; readonly end: End };

export interface Header {
  readonly created_at: string;
  readonly server_version: string;
  readonly schemas: readonly SavedSchema[];
}

export interface SavedSchema {
  readonly name: string;
  /** In the order in which they were applied: they make the tables again. */
  readonly migrations: readonly SavedMigration[];
  readonly tables: readonly SavedTable[];
  /** Made while the program ran, and so by no migration; parents before their children. */
  readonly partitions: readonly SavedPartition[];
  readonly sequences: readonly SavedSequence[];
}

export interface SavedMigration {
  readonly owner: string;
  readonly version: number;
  readonly filename: string;
  readonly checksum: string;
  readonly statements: string;
}

export interface SavedTable {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface SavedPartition {
  readonly name: string;
  readonly parent: string;
  /** As `FOR VALUES FROM … TO …`. */
  readonly bound: string;
  /** As `RANGE (…)`, of one that has partitions itself. */
  readonly key: string | null;
}

export interface SavedSequence {
  readonly name: string;
  readonly value: string;
}

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

export interface TableSum {
  readonly rows: number;
  /** SHA-256 of the data as it is in the file. */
  readonly sha256: string;
  /** Of all rows, in whatever order, as the database computes it. */
  readonly content: string;
}

export interface End {
  readonly tables: number;
  readonly rows: number;
}

const headBytes = 5;
const lengthMax = 64 * 1024 * 1024;

export function encodeFrame(frame: Frame): Buffer {
  const body = frame.kind === 'D' ? frame.data : Buffer.from(JSON.stringify(saidBy(frame)));
  const head = Buffer.alloc(headBytes);
  head.write(frame.kind, 0, 'latin1');
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

/** The frame that the bytes begin with, and how many it takes; null when there are not enough yet. */
export function decodeFrame(bytes: Buffer): { frame: Frame; length: number } | null {
  if (bytes.length < headBytes) return null;
  const length = headBytes + bytes.readUInt32BE(1);
  if (length > lengthMax) throw new Error('a part of it is longer than can be');
  if (bytes.length < length) return null;
  const kind = String.fromCharCode(bytes[0] ?? 0);
  return { frame: frameOf(kind, bytes.subarray(headBytes, length)), length };
}

function saidBy(frame: Exclude<Frame, { kind: 'D' }>): unknown {
  switch (frame.kind) {
    case 'H':
      return frame.header;
    case 'T':
      return frame.table;
    case 'E':
      return frame.sum;
    case 'Z':
      return frame.end;
  }
}

function frameOf(kind: string, body: Buffer): Frame {
  const said = () => JSON.parse(body.toString()) as unknown;
  switch (kind) {
    case 'H':
      return { kind, header: said() as Header };
    case 'T':
      return { kind, table: said() as TableName };
    case 'D':
      return { kind, data: body };
    case 'E':
      return { kind, sum: said() as TableSum };
    case 'Z':
      return { kind, end: said() as End };
    default:
      throw new Error('a part of it is of no kind that is known');
  }
}
