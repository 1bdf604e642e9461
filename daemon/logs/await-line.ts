/** Waits for a line that a module prints. */
import type { LogLine } from '../../rpc/shapes.ts';
import { fittingTail } from './fitting-tail.ts';
import type { LogFollowers } from './follow.ts';

/** An expression that backtracks must not get a line of 64 KB. */
const testedLengthMax = 4096;
/** How far back the file is searched for what was printed before anybody listened. */
const storedLinesMax = 10_000;

export interface AwaitedLine {
  readonly module: string;
  /** ISO-8601 UTC: lines from then on count. */
  readonly since: string;
  readonly pattern: RegExp;
}

export interface LineSources {
  readonly logsDir: string;
  readonly followers: LogFollowers;
  readonly onFault: (doing: string, error: unknown) => void;
}

/**
 * Calls back once as soon as a line of the module's own matches, stored already or to come.
 * @returns ends the waiting
 */
export function whenLineMatches(
  { logsDir, followers, onFault }: LineSources,
  { module, since, pattern }: AwaitedLine,
  onMatch: () => void,
): () => void {
  let isOver = false;
  let isSearching = false;
  let isSearchDue = false;
  const fault = (error: unknown): void => onFault(`wait for a line of "${module}"`, error);
  const take = ({ stream, time, text }: LogLine): void => {
    if (isOver || stream === 'keeper' || time < since) return;
    if (!pattern.test(text.slice(0, testedLengthMax))) return;
    end();
    onMatch();
  };
  // One at a time: a module that floods its log loses lines many times a second. Once more for what
  // was lost meanwhile, which the search under way may have missed.
  const searchStored = async (): Promise<void> => {
    isSearchDue = true;
    if (isSearching) return;
    isSearching = true;
    try {
      while (isSearchDue && !isOver) {
        isSearchDue = false;
        const selection = { module, level: null, since, lines: storedLinesMax };
        for (const line of await fittingTail(logsDir, selection)) take(line);
      }
    } finally {
      isSearching = false;
    }
  };
  const follower = { module, push: take, lost: () => void searchStored().catch(fault) };
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    followers.remove(follower).catch(fault);
  };
  followers.add(follower).then(searchStored).catch(fault);
  return end;
}
