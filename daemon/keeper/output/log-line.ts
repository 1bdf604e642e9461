/**
 * Lines of a module's output as the NDJSON lines that are stored. A line that is itself pino JSON
 * (https://getpino.io: numeric `level`, `msg`) gives its level, text and fields.
 */
import type { KeeperLine } from '../protocol.ts';

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
 * Lines as they are stored, each with its newline: the JSON of `toLogLine`, the first with number
 * `source.seq`. Most of the keeper's work is done here, so no object is made of plain text.
 */
export function toStoredLines(
  source: LineSource,
  texts: readonly string[],
  continues: boolean,
): Buffer {
  const { seq, time, module, stream } = source;
  // Time, module and stream are ours and hold nothing to escape.
  const head = `,"time":"${time}","module":"${module}","stream":"${stream}","level":null,"text":"`;
  const tail = continues ? '","cont":true}\n' : '"}\n';
  const encoder = new BatchEncoder();
  // One call for all: a quote within a text is escaped, so `","` stands between two texts only.
  const escaped = JSON.stringify(texts).slice(2, -2).split('","');
  for (const [i, text] of texts.entries()) {
    if (!continues && looksLikePino(text)) {
      encoder.add(JSON.stringify(toLogLine({ ...source, seq: seq + i }, text, false)) + '\n');
    } else {
      encoder.add(`{"seq":${seq + i}${head}${escaped[i] ?? ''}${tail}`);
    }
  }
  return encoder.end();
}

const scratch = Buffer.allocUnsafeSlow(256 * 1024);
const utf8BytesMax = 3;

/** Encodes each string while it is young: a long string made of thousands costs several times as much. */
class BatchEncoder {
  readonly #full: Buffer[] = [];
  #length = 0;

  add(line: string): void {
    if (this.#length + line.length * utf8BytesMax > scratch.length) {
      this.#full.push(Buffer.from(scratch.subarray(0, this.#length)));
      this.#length = 0;
    }
    if (line.length * utf8BytesMax > scratch.length) this.#full.push(Buffer.from(line));
    else this.#length += scratch.write(line, this.#length);
  }

  end(): Buffer {
    return Buffer.concat([...this.#full, scratch.subarray(0, this.#length)]);
  }
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
