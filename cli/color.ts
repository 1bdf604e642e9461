import { styleText } from 'node:util';

export type Style = 'green' | 'yellow' | 'red' | 'dim' | 'bold';

/** Styles text, or returns it as it is where colour is off. */
export type Paint = (style: Style, text: string) => string;

export interface ColorQuestion {
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** False when the user said `--no-color`. */
  readonly allowed: boolean;
}

/** Whether one output stream gets colour; stdout and stderr are asked about separately. */
export function wantsColor({ isTTY, env, allowed }: ColorQuestion): boolean {
  // An empty NO_COLOR counts as absent: https://no-color.org
  const forbidden = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return allowed && isTTY && !forbidden;
}

/** The paint of a stream: Node's own stream check is off because `wantsColor` has decided. */
export function paintFor(color: boolean): Paint {
  if (!color) return (_style, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}
