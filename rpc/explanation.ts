/** What `module.explain` answers, made from the journal by the daemon, or by the CLI without one. */
import { adviceFor, type LastKnown } from './advice.ts';
import { aroundCrashes, hostBehindLastCrash, type HostTrouble } from './host-trouble.ts';
import type { StoredEntry } from './journal-files.ts';
import type { Explanation, ModuleState } from './shapes.ts';

/** Unless `since` asks for more. */
const entriesDefault = 50;

export interface Question {
  readonly module: string;
  /** ISO-8601 UTC; null for the last 50 entries. */
  readonly since: string | null;
}

/**
 * @param host the journal of the host, of which is told what was around a crash
 * @param status what the daemon knows now; null without one: the journal's last word counts then
 */
export function explain(
  { module, since }: Question,
  { journal, host }: { journal: readonly StoredEntry[]; host: readonly StoredEntry[] },
  status: LastKnown | null,
): Explanation {
  const sinceMs = since === null ? null : Date.parse(since);
  const chosen =
    sinceMs === null
      ? journal.slice(-entriesDefault)
      : journal.filter(({ time }) => Date.parse(time) >= sinceMs);
  const known = status ?? lastKnown(journal);
  const daemonRuns = status !== null;
  const advice = adviceFor(module, known, { daemonRuns });
  const behind = hasTrouble(known) ? hostBehindLastCrash(module, journal, host) : null;
  return {
    module,
    state: known.state,
    entries: inOrder([...chosen, ...aroundCrashes(chosen, host)]).map(
      ({ time, kind, text, data }) => ({ time, kind, text, data }),
    ),
    advice: behind === null ? advice : `${lookAtTheHost(behind, daemonRuns)}. Then: ${advice}`,
  };
}

/** What came before is over where it runs well and its restarts are forgotten. */
function hasTrouble({ state, health, restart_count: count }: LastKnown): boolean {
  if (state === 'failed' || state === 'restarting') return true;
  return state !== 'stopped' && (count > 0 || health === 'unhealthy' || health === 'degraded');
}

function lookAtTheHost({ why, id }: HostTrouble, daemonRuns: boolean): string {
  const command = id === null ? 'superbot-cli stress events' : `superbot-cli stress show ${id}`;
  const more = daemonRuns ? ` (\`${command}\` has more)` : '';
  return `the host is the likely cause, look at that first — ${why}${more}`;
}

/** Those of one moment as they were given: the module's own first. */
function inOrder(entries: readonly StoredEntry[]): StoredEntry[] {
  return entries.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time));
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
