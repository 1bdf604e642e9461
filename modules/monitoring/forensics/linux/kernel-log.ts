import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Gathered } from '../source.ts';

export interface KernelLine {
  readonly level: number;
  /** Since boot, by the clock of the kernel's log, which stands still while the host is suspended. */
  readonly sinceBootMs: number;
  readonly text: string;
}

/** A record is smaller, however long the line. */
const recordBytesMax = 16 * 1024;

/**
 * What the kernel has said since `sinceMs`: of disks that do not answer, of memory that ran out, of whom
 * it killed. /dev/kmsg: docs.kernel.org/admin-guide/abi-testing.html.
 */
export async function gatherKernelLog(
  file: string,
  window: { readonly sinceMs: number; readonly nowMs: number },
  signal: AbortSignal,
): Promise<Gathered> {
  const handle = await opened(file);
  // About, since the log's clock has an error of its own that grows with the time since boot.
  const bootAtMs = window.nowMs - Number(process.hrtime.bigint()) / 1e6;
  const lines: string[] = [];
  try {
    for await (const record of recordsOf(handle, signal)) {
      const line = parseKernelRecord(record);
      if (line === null || bootAtMs + line.sinceBootMs < window.sinceMs) continue;
      const about = new Date(bootAtMs + line.sinceBootMs).toISOString();
      lines.push(`${about} <${line.level}> ${line.text}\n`);
    }
  } finally {
    await handle.close();
  }
  return {
    data: lines.join(''),
    note: signal.aborted ? 'its time was up: the end is missing' : null,
  };
}

/** `6,345,17743525520,-;text`: level and facility, sequence, microseconds. Null for anything else. */
export function parseKernelRecord(record: string): KernelLine | null {
  const match = /^(\d+),\d+,(\d+),[^;]*;([^\n]*)/.exec(record);
  if (match === null) return null;
  const [, priority, sinceBootUs, text = ''] = match;
  return { level: Number(priority) & 7, sinceBootMs: Number(sinceBootUs) / 1000, text };
}

async function opened(file: string): Promise<FileHandle> {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const problem = problems[(error as NodeJS.ErrnoException).code ?? ''];
    throw problem === undefined ? error : new Error(problem, { cause: error });
  }
}

const forRoot = 'the kernel shows its log to root alone: see sysctl kernel.dmesg_restrict';
const problems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no kernel log here, as in most containers',
  EPERM: forRoot,
  EACCES: forRoot,
};

/** Each read is one record, until there is none. */
async function* recordsOf(handle: FileHandle, signal: AbortSignal): AsyncGenerator<string> {
  const buffer = Buffer.alloc(recordBytesMax);
  while (!signal.aborted) {
    try {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.toString('utf8', 0, bytesRead);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') return;
      // The record was overwritten before it was read; the next one is there.
      if (code !== 'EPIPE') throw error;
    }
  }
}
