/** Samples as lines of text: the sample, a tab, its processes. */
import type { StoredSample } from '../store.ts';

export function sampleLine({ sample, stress, processes }: StoredSample): string {
  return `${JSON.stringify({ sample, stress })}\t${JSON.stringify(processes)}\n`;
}

export interface ParsedSamples {
  readonly samples: StoredSample[];
  /** What comes of a damaged disk, not the line that a crash has cut short. */
  readonly damagedLines: number;
}

/** @param isWhole false: without processes, which takes a third of the time */
export function parseSamples(text: string, { isWhole } = { isWhole: true }): ParsedSamples {
  const lines = text.split('\n');
  lines.pop();
  const samples = lines.map((line) => parseLine(line, isWhole)).filter((one) => one !== null);
  return { samples, damagedLines: lines.length - samples.length };
}

const parts = ['cpu', 'memory', 'disk', 'network', 'thermal', 'pressure'];

function parseLine(line: string, isWhole: boolean): StoredSample | null {
  const tab = line.lastIndexOf('\t');
  if (tab === -1) return null;
  try {
    const { sample, stress } = JSON.parse(line.slice(0, tab)) as Partial<StoredSample>;
    const processes: unknown = isWhole ? JSON.parse(line.slice(tab + 1)) : [];
    if (!Array.isArray(processes) || typeof stress?.parts !== 'object') return null;
    if (!Number.isFinite(sample?.atMs) || !parts.every((part) => part in (sample ?? {})))
      return null;
    return { sample, stress, processes } as StoredSample;
  } catch (error) {
    // A value that is no object, and text that is no JSON: both are damage.
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}
