import { RpcError } from './errors.ts';

/** For whoever asks for what lies in a folder that is none any more: nothing internal, and theirs to mend. */
export function notAFolder(what: string, path: string): RpcError {
  return new RpcError(
    'internal',
    `cannot read ${what}: "${path}" is not a folder — move away what is in its place`,
  );
}

/** Whether it is the system's error of one of these codes, such as ENOENT, or one that Node names so. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    codes.includes(error.code)
  );
}
