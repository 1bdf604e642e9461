/** What waits to be written to a log, and how much of it a file still takes. */

/** Lines that follow each other. */
export interface Run {
  /** Of the first. */
  readonly seq: number;
  readonly count: number;
  /** Each with its newline; a marked gap is one line that stands for `count`. */
  readonly bytes: Buffer;
}

/** Lines that are not in the file, `count` of them, the first with number `seq`. */
export interface Gap {
  readonly seq: number;
  readonly count: number;
  readonly why: string;
}

export type Entry = Run | Gap;

const newline = 0x0a;

/** @returns the length of the first line with its newline; 0 without one */
export function firstLineBytes([first]: readonly Run[]): number {
  return first ? first.bytes.indexOf(newline) + 1 : 0;
}

/** Divides runs between two lines, so that the first part has at most `roomBytes`. */
export function takeFitting(
  runs: readonly Run[],
  roomBytes: number,
): { readonly fitting: Run[]; readonly rest: Run[] } {
  let leftBytes = roomBytes;
  const index = runs.findIndex(({ bytes }) => (leftBytes -= bytes.length) < 0);
  const run = runs[index];
  if (!run) return { fitting: [...runs], rest: [] };
  const cut = endOfLastLine(run.bytes.subarray(0, run.bytes.length + leftBytes));
  const [before, after] = [runs.slice(0, index), runs.slice(index + 1)];
  if (cut === 0) return { fitting: before, rest: [run, ...after] };
  const head = {
    seq: run.seq,
    count: countLines(run.bytes, cut),
    bytes: run.bytes.subarray(0, cut),
  };
  const tail = {
    seq: run.seq + head.count,
    count: run.count - head.count,
    bytes: run.bytes.subarray(cut),
  };
  return { fitting: [...before, head], rest: [tail, ...after] };
}

function endOfLastLine(bytes: Buffer): number {
  return bytes.lastIndexOf(newline) + 1;
}

function countLines(bytes: Buffer, end: number): number {
  let count = 0;
  for (
    let at = bytes.indexOf(newline);
    at !== -1 && at < end;
    at = bytes.indexOf(newline, at + 1)
  ) {
    count++;
  }
  return count;
}
