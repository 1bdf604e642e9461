// Reads what this project writes into units as systemd.service(5) says that systemd reads it.

export interface ExecStart {
  readonly program: string;
  readonly words: readonly string[];
}

export function execStartOf(unit: string): ExecStart {
  const [program = '', ...words] = wordsOf(settingsOf(unit, 'ExecStart')[0] ?? '');
  return { program, words: words.map(withoutVariables) };
}

/** The variables that `Environment=` sets. */
export function environmentOf(unit: string): Record<string, string> {
  const assignments = settingsOf(unit, 'Environment').flatMap(wordsOf);
  return Object.fromEntries(
    assignments.map((word) => [word.slice(0, word.indexOf('=')), afterEquals(word)] as const),
  );
}

function settingsOf(unit: string, key: string): string[] {
  const lines = unit.split('\n').filter((line) => line.startsWith(`${key}=`));
  return lines.map(afterEquals);
}

function afterEquals(text: string): string {
  return text.slice(text.indexOf('=') + 1);
}

/** systemd.syntax(7): words may be quoted, C escapes hold inside, specifiers come last. */
function wordsOf(line: string): string[] {
  const found = line.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/gs) ?? [];
  return found.map((word) => {
    const inside = word.startsWith('"') ? unescaped(word.slice(1, -1)) : word;
    return withoutSpecifiers(inside);
  });
}

function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|(["\\]))/g, (_, hex?: string, plain?: string) =>
    hex === undefined ? (plain ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function withoutSpecifiers(text: string): string {
  if (text.replaceAll('%%', '').includes('%')) throw new Error(`a specifier is left in ${text}`);
  return text.replaceAll('%%', '%');
}

function withoutVariables(text: string): string {
  if (text.replaceAll('$$', '').includes('$')) throw new Error(`a variable is left in ${text}`);
  return text.replaceAll('$$', '$');
}
