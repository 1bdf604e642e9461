/**
 * The records of a spill file, each by itself: a mark, the length of the text, how many rows it holds,
 * a CRC-32 of all that, the text. A file that a crash has cut, or a disk has damaged, gives every
 * record that is whole.
 */
import { crc32 } from 'node:zlib';

export interface SpillRecord {
  readonly rows: number;
  readonly text: string;
}

export interface SpillContents {
  readonly records: readonly SpillRecord[];
  /** At the end: what was being written when the process or the machine died, and so of nobody. */
  readonly tornBytes: number;
  /** Between whole records: something has damaged the file. */
  readonly damagedBytes: number;
}

const mark = Buffer.from('\x89SB\n', 'latin1');
const headerBytes = 16;

export function encodeRecord({ rows, text }: SpillRecord): Buffer {
  const textBytes = Buffer.byteLength(text);
  const record = Buffer.alloc(headerBytes + textBytes);
  mark.copy(record, 0);
  record.writeUInt32LE(textBytes, 4);
  record.writeUInt32LE(rows, 8);
  record.write(text, headerBytes);
  record.writeUInt32LE(checksumOf(record), 12);
  return record;
}

export function decodeRecords(file: Buffer): SpillContents {
  const records: SpillRecord[] = [];
  let damagedBytes = 0;
  let position = 0;
  let goodEnd = 0;
  while (position < file.length) {
    const end = wholeRecordEnd(file, position);
    if (end === null) {
      const next = file.indexOf(mark, position + 1);
      position = next === -1 ? file.length : next;
      continue;
    }
    damagedBytes += position - goodEnd;
    const text = file.toString('utf8', position + headerBytes, end);
    records.push({ rows: file.readUInt32LE(position + 8), text });
    position = end;
    goodEnd = end;
  }
  return { records, tornBytes: file.length - goodEnd, damagedBytes };
}

/** Where the record that begins there ends; null when it is not whole. */
function wholeRecordEnd(file: Buffer, position: number): number | null {
  if (file.length - position < headerBytes) return null;
  if (file.compare(mark, 0, mark.length, position, position + mark.length) !== 0) return null;
  const end = position + headerBytes + file.readUInt32LE(position + 4);
  if (end > file.length) return null;
  const record = file.subarray(position, end);
  return checksumOf(record) === record.readUInt32LE(12) ? end : null;
}

/** Of everything but itself. */
function checksumOf(record: Buffer): number {
  return crc32(record.subarray(headerBytes), crc32(record.subarray(0, 12)));
}
