/** What of the life of modules somebody has to be told. */
import type { Occurrence, Transition } from '../supervisor/context.ts';
import type { StormNews } from '../supervisor/storm-guard.ts';
import type { NewAlert } from './alert.ts';

/** Of each line of output, so that what is remembered of many modules stays small. */
const lineLengthMax = 500;

export interface LifeAlertsOptions {
  readonly raise: (alert: NewAlert) => void;
  /** Whether a restart that has worked is one. */
  readonly onRestart: () => boolean;
}

export class LifeAlerts {
  readonly #options: LifeAlertsOptions;
  /** Launched again of the daemon's own accord, and not ready yet. */
  readonly #restarting = new Set<string>();
  readonly #lastOutput = new Map<string, readonly string[]>();

  constructor(options: LifeAlertsOptions) {
    this.#options = options;
  }

  occurrence(module: string, occurrence: Occurrence): void {
    if (occurrence.kind !== 'exit') return;
    const lines = occurrence.exit.output.map((line) => line.slice(0, lineLengthMax));
    this.#lastOutput.set(module, lines);
  }

  transition(transition: Transition): void {
    const { module, event, cause } = transition;
    const isBack = event === 'ready' && this.#restarting.has(module);
    const isOwn = cause?.by === 'restart_policy' || cause?.by === 'retry_failed';
    if (event === 'launch' && isOwn) this.#restarting.add(module);
    else this.#restarting.delete(module);
    const output = this.#lastOutput.get(module) ?? [];
    // Told by now, or nobody's concern; the module may be configured no more.
    if (event === 'ready' || event === 'gone') this.#lastOutput.delete(module);
    const alert = isBack && this.#options.onRestart() ? restarted(transition) : failed(transition);
    if (alert) this.#options.raise({ ...alert, output });
  }

  storm(news: StormNews): void {
    this.#options.raise(inStorm(news));
  }
}

function restarted({ module, status, maxRestarts }: Transition): NewAlert {
  const { restart_count: count, last_error: lastError } = status;
  const why = lastError === null ? '' : ` (before that: ${lastError})`;
  const message = `${module} runs again, restart ${count} of ${maxRestarts}${why}`;
  return { severity: 'warning', module, type: 'restarted', message };
}

/**
 * One for each failing: also when `retry_failed` tries in vain again and again, because until a try
 * gets ready it is the same failing. Pure.
 */
export function failed({ module, to, cause, status }: Transition): NewAlert | null {
  if (cause?.by === 'retry_failed') return null;
  if (to === 'import_failed') {
    // Why not may be a line that it wrote.
    const message = `${module} could not be launched: \`superbot-cli module explain ${module}\` says why`;
    return { severity: 'critical', module, type: 'import_failed', message };
  }
  if (to !== 'failed') return null;
  const type = status.reason ?? 'failed';
  // Command lines of processes are for the log alone.
  const survived = 'a process of it cannot be ended';
  const why = type === 'stop_failed' ? survived : (status.last_error ?? 'no reason is known');
  return { severity: 'critical', module, type, message: `${module} has failed (${type}): ${why}` };
}

function inStorm(news: StormNews): NewAlert {
  if (news.kind === 'over') {
    const message = `automatic restarts begin again, one by one: ${news.held} waited`;
    return { severity: 'info', module: null, type: 'restart_storm_over', message };
  }
  const until = new Date(news.untilMs).toISOString();
  const message = `${news.restarts} automatic restarts within 5 minutes: none begins before ${until} — look for what the modules have in common`;
  return { severity: 'critical', module: null, type: 'restart_storm', message };
}
