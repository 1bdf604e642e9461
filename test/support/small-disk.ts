// A disk of a size that a test can fill. Only root can mount one.
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, type Context } from 'mocha';

export interface SmallDisk {
  /** To the last byte. */
  fill(): void;
  /** As it was before `fill`. */
  free(): void;
  setReadOnly(): void;
  /** Read-only also while files on it are open, as after a fault of the disk; those take more. */
  turnReadOnly(): void;
  turnWritable(): void;
}

/** To be called before whatever removes the folders, since hooks run in order. */
export function smallDisks(): (path: string, size?: string) => SmallDisk {
  const mounts: string[] = [];
  afterEach(() => {
    for (const path of mounts.splice(0)) execFileSync('umount', ['--lazy', path]);
  });
  return (path, size = '512k') => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', path]);
    mounts.push(path);
    const ballast = join(path, 'ballast');
    return {
      fill: () => {
        try {
          for (;;) appendFileSync(ballast, Buffer.alloc(1024 * 1024));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      },
      free: () => rmSync(ballast),
      setReadOnly: () => execFileSync('mount', ['-o', 'remount,ro', path]),
      turnReadOnly: () => {
        execFileSync('mount', ['--bind', path, path]);
        mounts.push(path);
        execFileSync('mount', ['-o', 'remount,bind,ro', path]);
      },
      turnWritable: () => {
        execFileSync('umount', ['--lazy', path]);
        mounts.pop();
      },
    };
  };
}

/** Skips the test, saying why, where no disk can be mounted. */
export function needsMount(test: Context): void {
  if (process.platform === 'linux' && process.getuid?.() === 0) return;
  if (test.test) test.test.title += ' (skipped: only root can mount a small disk)';
  test.skip();
}
