/**
 * What is kept of what is handed in, the same in files and in the database: figures to a thousandth
 * (what follows is noise, and does not compress), text that PostgreSQL takes, lists that end.
 */
import type { HappeningChange, NewHappening, StoredSample } from '../store.ts';

/** Under stress, and while there is none: they take most of the room. */
const processesMax = { stressed: 10, calm: 3 };
const culpritsMax = 20;
const textLengthMax = 1000;
/** The year 10000: beyond, a time is written in a form that PostgreSQL does not know. */
const timeMsMax = Date.UTC(10_000, 0) - 1;

export function sampleAsKept({ sample, stress, processes }: StoredSample): StoredSample {
  const atMs = timeAsKept(sample.atMs);
  const heaviest = processes.slice(0, processesMax[stress.total > 0 ? 'stressed' : 'calm']);
  return asKept({ sample: { ...sample, atMs }, stress, processes: heaviest });
}

export function happeningAsKept(happening: NewHappening): NewHappening {
  const atMs = timeAsKept(happening.atMs);
  return { ...changeAsKept(happening), atMs };
}

export function changeAsKept<Change extends HappeningChange>(change: Change): Change {
  const { culprits } = change;
  return asKept(
    culprits === undefined ? change : { ...change, culprits: culprits.slice(0, culpritsMax) },
  );
}

/** Also of a clock that is out of its mind. */
function timeAsKept(atMs: number): number {
  return Number.isFinite(atMs) ? Math.trunc(Math.min(Math.max(0, atMs), timeMsMax)) : 0;
}

function asKept<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value, leafAsKept)) as Value;
}

function leafAsKept(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isInteger(value)) return Math.round(value * 1000) / 1000;
  if (typeof value !== 'string') return value;
  // Half of a surrogate pair, as a cut may leave it, does not survive UTF-8.
  return Buffer.from(value.slice(0, textLengthMax)).toString().replaceAll('\0', '');
}
