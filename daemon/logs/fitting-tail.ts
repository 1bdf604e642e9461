import { answerLengthMaxDefault } from '../../rpc/dispatch.ts';
import { type LogSelection, tailFiles, TooMuchLogError } from '../../rpc/log-files.ts';
import type { LogLine } from '../../rpc/shapes.ts';

/** As many of the last lines as go into one answer, roughly; none when there is no log yet. */
export async function fittingTail(logsDir: string, selection: LogSelection): Promise<LogLine[]> {
  try {
    return (await tailFiles(logsDir, selection, answerLengthMaxDefault)) ?? [];
  } catch (error) {
    if (!(error instanceof TooMuchLogError)) throw error;
    return fittingTail(logsDir, { ...selection, lines: Math.floor(selection.lines / 4) });
  }
}
