import type { LogLevel, LogLine } from '../rpc/shapes.ts';
import type { Paint, Style } from './color.ts';
import { escapeControls } from './display.ts';

export interface LogLineFormat {
  readonly paint: Paint;
  /** Whether control characters other than tab are shown escaped, as on a terminal. */
  readonly escape: boolean;
}

/** One line for people: time, module, level (or the stream of a line without one), text, fields. */
export function formatLogLine(line: LogLine, { paint, escape }: LogLineFormat): string {
  const tag = (line.level ?? line.stream).padEnd(6);
  const style = levelStyle(line.level);
  const text = line.cont === true ? `${line.text} …` : line.text;
  const message = escape ? escapeControls(text, '\t') : text;
  // pino's own time says what the line's does.
  const shown = Object.entries(line.fields ?? {}).filter(([key]) => key !== 'time');
  const fields = shown.map(([key, value]) => `${escapeControls(key)}=${fieldText(value)}`);
  return [
    paint('dim', line.time),
    escapeControls(line.module),
    style === undefined ? tag : paint(style, tag),
    [message, ...fields.map((field) => paint('dim', field))].join(' '),
  ].join(' ');
}

/** What the module wrote, unescaped and without prefix; the parts of an overlong line are joined. */
export function rawLogLine(line: LogLine): string {
  return line.cont === true ? line.text : `${line.text}\n`;
}

// JSON leaves DEL, C1 and bidirectional controls as they are, so it is escaped like any text.
function fieldText(value: unknown): string {
  const plain = typeof value === 'string' && /^[^\s"=]+$/.test(value);
  return escapeControls(plain ? value : JSON.stringify(value));
}

function levelStyle(level: LogLevel | null): Style | undefined {
  switch (level) {
    case 'error':
    case 'fatal':
      return 'red';
    case 'warn':
      return 'yellow';
    case 'debug':
    case 'trace':
      return 'dim';
    case 'info':
    case null:
      return undefined;
    default:
      return level satisfies never;
  }
}
