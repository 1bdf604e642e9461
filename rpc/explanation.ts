/** What `module.explain` answers, made from the journal by the daemon, or by the CLI without one. */
import { adviceFor, type LastKnown } from './advice.ts';
import type { StoredEntry } from './journal-files.ts';
import type { Explanation, ModuleState } from './shapes.ts';

/** Unless `since` asks for more. */
const entriesDefault = 50;

export interface Question {
  readonly module: string;
  /** ISO-8601 UTC; null for the last 50 entries. */
  readonly since: string | null;
}

/** @param status what the daemon knows now; null without one: the journal's last word counts then */
export function explain(
  { module, since }: Question,
  journal: readonly StoredEntry[],
  status: LastKnown | null,
): Explanation {
  const sinceMs = since === null ? null : Date.parse(since);
  const chosen =
    sinceMs === null
      ? journal.slice(-entriesDefault)
      : journal.filter(({ time }) => Date.parse(time) >= sinceMs);
  const known = status ?? lastKnown(journal);
  return {
    module,
    state: known.state,
    entries: chosen.map(({ time, kind, text, data }) => ({ time, kind, text, data })),
    advice: adviceFor(module, known, { daemonRuns: status !== null }),
  };
}

/** As the last change of state left it. */
function lastKnown(journal: readonly StoredEntry[]): LastKnown {
  const last = journal.findLast(({ data }) => typeof data['state'] === 'string');
  // Written by our own journal, which puts all of them into each change of state.
  return { ...unknown, ...(last?.data as Partial<LastKnown> | undefined) };
}

const unknown: LastKnown = {
  state: 'stopped' satisfies ModuleState,
  reason: null,
  health: 'unknown',
  pid: null,
  restart_count: 0,
  next_restart_at: null,
  last_exit: null,
  last_error: null,
  depends_on: [],
};
