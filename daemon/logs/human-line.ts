import type { LogLine } from '../../rpc/shapes.ts';

/** A stored line as one line for a person's eyes, control characters escaped. */
export function humanLine(stored: string): string {
  const { time, level, text, fields } = JSON.parse(stored) as LogLine;
  const details = Object.entries(fields ?? {}).map(([key, value]) => ` ${key}=${shown(value)}`);
  const clock = time.slice(11, 19);
  return `${clock} ${(level ?? '').toUpperCase().padEnd(5)} ${visible(text)}${details.join('')}\n`;
}

function shown(value: unknown): string {
  return visible(typeof value === 'string' ? value : JSON.stringify(value));
}

function visible(text: string): string {
  // eslint-disable-next-line no-control-regex -- finding control characters is the purpose
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
