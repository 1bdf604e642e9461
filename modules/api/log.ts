/** Extra fields of a log line; an Error among them keeps its stack, `kind` and `code`. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Writes to stdout, which the daemon stores line by line with level and fields taken apart. */
export const log: Logger = createLogger((line) => process.stdout.write(line));

/** A logger whose lines look like pino's: `{"level":30,"time":…,"msg":…}`, one a line. */
export function createLogger(write: (line: string) => unknown): Logger {
  const at =
    (level: number) =>
    (message: string, fields: LogFields = {}): void => {
      write(`${formatLine(level, message, fields)}\n`);
    };
  return { debug: at(20), info: at(30), warn: at(40), error: at(50) };
}

function formatLine(level: number, message: string, fields: LogFields): string {
  const time = Date.now();
  try {
    // First, where it is seen when a long line is cut, and last, so that no field takes its place.
    const what = { level, time, msg: message };
    return JSON.stringify({ ...what, ...fields, ...what }, printable);
  } catch (error) {
    // A log line must not end the program that writes it: circular fields cost only themselves.
    const unprintable = error instanceof Error ? error.message : 'unknown';
    return JSON.stringify({ level, time, msg: message, unprintable });
  }
}

function printable(_key: string, value: unknown): unknown {
  if (value instanceof Error) {
    const { kind, code } = value as { kind?: unknown; code?: unknown };
    return { type: value.name, kind, code, message: value.message, stack: value.stack };
  }
  return typeof value === 'bigint' ? value.toString() : value;
}
