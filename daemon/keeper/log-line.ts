/**
 * One line of a module's output as the NDJSON line that is stored. A line that is itself pino JSON
 * (https://getpino.io: numeric `level`, `msg`) gives its level, text and fields.
 */
import type { KeeperLine } from './protocol.ts';

/** pino's level numbers; a custom level counts as the named one below it. */
const levels: readonly (readonly [number, NonNullable<KeeperLine['level']>])[] = [
  [60, 'fatal'],
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
  [20, 'debug'],
  [10, 'trace'],
];

export interface LineSource {
  readonly seq: number;
  readonly time: string;
  readonly module: string;
  readonly stream: KeeperLine['stream'];
}

/** @param continues the text is one part of a longer line */
export function toLogLine(source: LineSource, text: string, continues: boolean): KeeperLine {
  const { seq, time, module, stream } = source;
  const parsed = continues ? null : parsePino(text);
  const line: KeeperLine = parsed
    ? { seq, time, module, stream, ...parsed }
    : { seq, time, module, stream, level: null, text };
  return continues ? { ...line, cont: true } : line;
}

/**
 * The line as it is stored, with its newline: the JSON of `toLogLine`, made without the object
 * where it is plain text, which is most of the keeper's work.
 */
export function toStoredLine(source: LineSource, text: string, continues: boolean): string {
  if (!continues && looksLikePino(text)) {
    return JSON.stringify(toLogLine(source, text, continues)) + '\n';
  }
  const { seq, time, module, stream } = source;
  // Time, module and stream are ours and hold nothing to escape.
  const head = `{"seq":${seq},"time":"${time}","module":"${module}","stream":"${stream}"`;
  return `${head},"level":null,"text":${JSON.stringify(text)}${continues ? ',"cont":true' : ''}}\n`;
}

function looksLikePino(text: string): boolean {
  return text.startsWith('{') && text.includes('"level"');
}

function parsePino(text: string): Pick<KeeperLine, 'level' | 'text' | 'fields'> | null {
  if (!looksLikePino(text)) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // Not JSON after all: the line is stored as it was written.
  }
  const { level, msg, ...fields } = value as Record<string, unknown>;
  if (typeof level !== 'number' || (msg !== undefined && typeof msg !== 'string')) return null;
  return {
    level: levels.find(([number]) => level >= number)?.[1] ?? 'trace',
    text: msg ?? '',
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
  };
}
