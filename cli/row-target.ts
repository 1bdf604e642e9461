/**
 * Where exported rows go: standard output, or a file that is there whole or not at all. Both take no
 * more than they can pass on: `write` resolves when there is room again.
 */
import { once } from 'node:events';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CliError, exitStatus } from './failure.ts';
import type { Output } from './output.ts';

export interface RowTarget {
  write(text: string): Promise<void>;
  /** All is written. */
  finish(): Promise<void>;
  /** Leaves nothing behind. May follow `finish`, and does nothing then. */
  abandon(): Promise<void>;
}

/** Rejects, with a message for the user, when the file cannot be made. */
export function openTarget(output: Output, file: string | null): Promise<RowTarget> {
  return file === null ? Promise.resolve(standardOutput(output)) : fileTarget(resolve(file));
}

function standardOutput(output: Output): RowTarget {
  return {
    async write(text) {
      if (output.closed.aborted || process.stdout.write(text)) return;
      await Promise.race([
        once(process.stdout, 'drain', { signal: output.closed }),
        once(output.closed, 'abort'),
      ]).catch((error: unknown) => {
        // The reader has gone: whoever writes sees that in `closed`.
        if (!output.closed.aborted) throw error;
      });
    },
    finish: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
}

/** Under a temporary name beside it, which becomes its own when all is on disk. */
async function fileTarget(wanted: string): Promise<RowTarget> {
  const file = await replaceable(wanted);
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.part`);
  const handle = await told(file, open(temporary, 'w'));
  let isOpen = true;
  return {
    write: async (text) => {
      await told(file, handle.writeFile(text));
    },
    finish: async () => {
      await told(file, handle.sync());
      isOpen = false;
      await told(file, handle.close());
      await told(file, rename(temporary, file));
    },
    abandon: async () => {
      if (isOpen) await handle.close();
      isOpen = false;
      await rm(temporary, { force: true });
    },
  };
}

/** The file behind a link. A device or a folder must not be replaced by a file. */
async function replaceable(wanted: string): Promise<string> {
  try {
    const there = await stat(wanted);
    if (there.isFile()) return await realpath(wanted);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return wanted;
    throw cannotWrite(wanted, error);
  }
  throw new CliError(
    exitStatus.usage,
    `cannot write "${wanted}": it is no file — leave out --output and redirect the output there`,
  );
}

async function told<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

function cannotWrite(file: string, error: unknown): CliError {
  const why = error instanceof Error ? error.message : String(error);
  return new CliError(exitStatus.failed, `cannot write "${file}": ${why}`);
}
