/**
 * An append-only file of lines that is renamed to `.1`, `.2`, … before it would grow over its limit.
 * Rotation is by rename and reopen, never by copy and truncate, so no byte is lost between the two;
 * a file that somebody removed or moved by hand is made anew at the next write, its folder too. One
 * that was moved together with the home goes on where it is.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';

export interface RotationRule {
  readonly maxSizeBytes: number;
  /** How many rotated files stay beside the current one. */
  readonly keep: number;
}

export class RotatingFile {
  readonly path: string;
  rule: RotationRule;
  #fd: number | null = null;
  #inode = 0;
  #sizeBytes = 0;

  constructor(path: string, rule: RotationRule) {
    this.path = path;
    this.rule = rule;
  }

  /**
   * The descriptor to append the next `bytes` to. Call it once per write, and `wrote` after.
   * Throws what the file system says: a full disk shows here or in the write.
   */
  prepare(bytes: number): number {
    if (this.#fd !== null && this.#wasRemoved()) {
      if (!existsSync(dirname(dirname(this.path)))) return this.#fd;
      this.close();
    }
    let fd = this.#fd ?? this.#open();
    if (this.#sizeBytes > 0 && this.#sizeBytes + bytes > this.rule.maxSizeBytes) {
      this.close();
      this.#shift();
      fd = this.#open();
    }
    return fd;
  }

  /** How much the present file takes before it must be rotated; less than nothing once it is over. */
  get roomBytes(): number {
    return this.rule.maxSizeBytes - this.#sizeBytes;
  }

  wrote(bytes: number): void {
    this.#sizeBytes += bytes;
  }

  /** After a failed write: cuts off what part of it reached the file, so that lines stay whole. */
  discardPartial(): void {
    if (this.#fd === null) return;
    ftruncateSync(this.#fd, this.#sizeBytes);
  }

  close(): void {
    if (this.#fd === null) return;
    closeSync(this.#fd);
    this.#fd = null;
  }

  #open(): number {
    const fd = openInFolder(this.path);
    this.#fd = fd;
    try {
      const stat = fstatSync(fd);
      // A pipe in its place would take some lines and then block whoever writes.
      if (!stat.isFile()) throw new Error(`${basename(this.path)} is not a regular file`);
      this.#inode = stat.ino;
      this.#sizeBytes = stat.size + endTornLine(fd, stat.size);
      return fd;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #wasRemoved(): boolean {
    return statSync(this.path, { throwIfNoEntry: false })?.ino !== this.#inode;
  }

  #shift(): void {
    const { keep } = this.rule;
    // More than one where `keep` was larger before.
    for (let n = Math.max(1, keep); existsSync(`${this.path}.${n}`); n++) {
      rmSync(`${this.path}.${n}`, { force: true });
    }
    for (let n = keep - 1; n >= 1; n--) renameIfThere(`${this.path}.${n}`, `${this.path}.${n + 1}`);
    if (keep > 0) renameIfThere(this.path, `${this.path}.1`);
    else rmSync(this.path, { force: true });
  }
}

/** Its folder is made, but not what the folder is in: a home that was moved away stays away. */
function openInFolder(path: string): number {
  try {
    return openSync(path, 'a+', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // Another file's writer may be making it too.
    mkdirIfMissing(dirname(path));
    return openSync(path, 'a+', 0o600);
  }
}

function mkdirIfMissing(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** A writer killed in the middle of a write left part of a line: the next one must not join it. */
function endTornLine(fd: number, size: number): number {
  const last = Buffer.alloc(1);
  if (size === 0 || readSync(fd, last, 0, 1, size - 1) === 0 || last[0] === 0x0a) return 0;
  return writeSync(fd, '\n');
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
