import { errorCatalogue, exitStatusOf, RpcError } from '../rpc/errors.ts';

/** The exit statuses that no error code of the daemon stands for. */
export const exitStatus = {
  failed: 1,
  usage: 2,
  notRunning: 3,
  notFound: errorCatalogue.notFound.exitStatus,
  refused: errorCatalogue.refused.exitStatus,
  timeout: errorCatalogue.timeout.exitStatus,
  interrupted: 130,
} as const;

/** What the user is told about an error: `code` is null where no daemon gave or would give one. */
export interface Failure {
  readonly exitStatus: number;
  readonly code: number | null;
  readonly message: string;
  readonly data: unknown;
}

/** A failure that the client itself finds; its message is for the user. */
export class CliError extends Error {
  readonly exitStatus: number;
  readonly code: number | null;
  readonly data: unknown;

  constructor(status: number, message: string, code: number | null = null, data: unknown = null) {
    super(message);
    this.name = 'CliError';
    this.exitStatus = status;
    this.code = code;
    this.data = data;
  }
}

/** The failure behind anything that was thrown; what is not recognised is a plain failure (1). */
export function failureOf(error: unknown): Failure {
  if (error instanceof CliError) {
    const { code, message, data } = error;
    return { exitStatus: error.exitStatus, code, message, data };
  }
  if (error instanceof RpcError) {
    const { code, message } = error;
    return { exitStatus: exitStatusOf(code), code, message, data: error.data ?? null };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { exitStatus: exitStatus.failed, code: null, message, data: null };
}

/**
 * The lines below a failure's message: what a module printed before its start failed, the problems
 * of a configuration, the params that a running module has.
 */
export function detailLines(data: unknown): string[] {
  if (!isRecord(data)) return [];
  const { output, problems, running_params: runningParams } = data;
  const details: string[] = [];
  if (Array.isArray(output) && output.length > 0) {
    details.push('last output:', ...output.map((line) => `  | ${textOf(line)}`));
  }
  if (Array.isArray(problems)) details.push(...problems.map(textOf));
  if (runningParams !== undefined) {
    details.push(`it runs with params ${JSON.stringify(runningParams)}`);
  }
  return details;
}

// An output line travels as its text or as a whole LogLine.
function textOf(line: unknown): string {
  if (typeof line === 'string') return line;
  return isRecord(line) && typeof line['text'] === 'string' ? line['text'] : JSON.stringify(line);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
