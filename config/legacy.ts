/** The older form of `daemon.yaml`, which had `modules:` and the other groups at its top level. */
import type { ReadDocument } from './document.ts';
import { knownKeys } from './known-keys.ts';
import { ownValue } from './own-value.ts';
import type { Path, Problem } from './problems.ts';
import { daemonFile } from './schema.ts';

/**
 * The same document with such groups below `daemon`, and a notice for each. Places stay those of the
 * text. A group that stands at both levels is left where it is, as a mistake.
 */
export function withoutLegacyGroups(read: ReadDocument): {
  readonly read: ReadDocument;
  readonly notices: readonly Problem[];
} {
  const daemon = ownValue(read.value, ['daemon']) ?? {};
  if (!isMapping(read.value) || !isMapping(daemon)) return { read, notices: [] };
  const groups = new Set(
    knownKeys(daemonFile, ['daemon'], {}).filter(
      (key) => Object.hasOwn(read.value as object, key) && !Object.hasOwn(daemon, key),
    ),
  );
  if (groups.size === 0) return { read, notices: [] };

  const entries = Object.entries(read.value);
  const moved = entries.filter(([key]) => groups.has(key));
  const rest = entries.filter(([key]) => !groups.has(key) && key !== 'daemon');
  const value = {
    daemon: { ...daemon, ...Object.fromEntries(moved) },
    ...Object.fromEntries(rest),
  };
  const asWritten = (path: Path): Path =>
    path[0] === 'daemon' && typeof path[1] === 'string' && groups.has(path[1])
      ? path.slice(1)
      : path;
  const notices = moved.map(([key]) =>
    read.problemAt([key], 'key', 'is an old form, expected below the key "daemon"'),
  );
  return {
    read: {
      ...read,
      value,
      problemAt: (path, at, message) => read.problemAt(asWritten(path), at, message),
      isInterpolated: (path) => read.isInterpolated(asWritten(path)),
    },
    notices,
  };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
