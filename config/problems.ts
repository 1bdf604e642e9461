/** A mistake in the configuration, where it is, and how it is printed. */

export interface Problem {
  readonly file: string;
  /** From 1. A problem of the file as a whole is at 1:1. */
  readonly line: number;
  readonly column: number;
  /** As in `daemon.modules.trading.args[1]`; empty for the file as a whole. */
  readonly key: string;
  /** What is wrong and what is expected. Never holds a value that must be masked. */
  readonly message: string;
}

export type Path = readonly (string | number)[];

/** `file:line:column: key: what is wrong, what is expected`, on one line. */
export function formatProblem({ file, line, column, key, message }: Problem): string {
  return `${file}:${line}:${column}: ${key === '' ? '' : `${key}: `}${message}`;
}

const problemsMax = 200;

/** In the order of the file, each once, and at most 200 of them. */
export function sortedProblems(problems: readonly Problem[]): Problem[] {
  const unique = new Map(problems.map((problem) => [formatProblem(problem), problem]));
  const sorted = [...unique.values()].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column,
  );
  const last = sorted[problemsMax - 1];
  if (sorted.length <= problemsMax || last === undefined) return sorted;
  const left = sorted.length - problemsMax + 1;
  return [
    ...sorted.slice(0, problemsMax - 1),
    { ...last, key: '', message: `${left} more problems from here on are not listed` },
  ];
}

/** A path as the user would say it; different paths give different texts. */
export function pathText(path: Path): string {
  let written = '';
  for (const part of path) {
    if (typeof part === 'number') written += `[${part}]`;
    else if (!/^[\w-]+$/.test(part)) written += `[${JSON.stringify(part)}]`;
    else written += written === '' ? part : `.${part}`;
  }
  return written;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
