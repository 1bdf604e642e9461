/** What came of a run on a version of Node, read off its last line and put into a table. */

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Outcome {
  readonly version: string;
  /** False also when every test passed, but the run ended with another status than 0. */
  readonly isPassed: boolean;
  /** Null when there was no run, or it ended without a tally. */
  readonly result: (Tally & { readonly durationMs: number }) | null;
}

/** The last line of a run as the tally reporter prints it; null when it is something else. */
export function readTally(output: string): Tally | null {
  const found = /(?:^|\n)(\d+) passed, (\d+) failed, (\d+) skipped\n$/.exec(output);
  if (found === null) return null;
  const [passed = 0, failed = 0, skipped = 0] = found.slice(1).map(Number);
  return { passed, failed, skipped };
}

export function formatMatrix(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ version, isPassed, result }) => [
    version,
    ...(result === null
      ? ['-', '-', '-', '-']
      : [result.passed, result.failed, result.skipped, minutes(result.durationMs)].map(String)),
    isPassed ? 'ok' : 'failed',
  ]);
  const table = [['NODE', 'PASSED', 'FAILED', 'SKIPPED', 'TIME', 'RESULT'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map((row) => row.map((cell, column) => cell.padStart(widths[column]!)).join('  '))
    .join('\n');
}

export function formatSum(outcomes: readonly Outcome[]): string {
  const sum = (key: keyof Tally): number =>
    outcomes.reduce((total, { result }) => total + (result?.[key] ?? 0), 0);
  return `${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`;
}

function minutes(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
