import type { KeeperErrorCode } from './protocol.ts';

/** A request that the keeper refuses or that failed, with the code the daemon decides on. */
export class KeeperError extends Error {
  readonly code: KeeperErrorCode;
  /** The system's own code (ENOENT, EACCES, …) where a system call failed. */
  readonly errno: string | undefined;

  constructor(code: KeeperErrorCode, message: string, errno?: string) {
    super(message);
    this.name = 'KeeperError';
    this.code = code;
    this.errno = errno;
  }
}
