import type { LastExit, ModuleState, ModuleStatus } from '../rpc/shapes.ts';
import type { Style } from './color.ts';
import { cutDisplay, escapeControls } from './display.ts';
import type { Output, Page } from './output.ts';
import type { Column } from './table.ts';
import { formatDuration, formatRelative } from './time.ts';

/** Reasons that are codes are shorter; of an error's words the table has the first. */
const reasonColumnsMax = 32;

const columns: readonly Column<ModuleStatus>[] = [
  { title: 'MODULE', value: ({ module }) => module, priority: 0 },
  { title: 'STATE', value: briefState, priority: 0, style: ({ state }) => stateStyle(state) },
  { title: 'HEALTH', value: ({ health }) => health, priority: 3 },
  { title: 'PID', value: ({ pid }) => orDash(pid), priority: 1, align: 'right' },
  { title: 'UPTIME', value: uptimeText, priority: 2, align: 'right' },
  { title: 'RESTARTS', value: ({ restart_count: n }) => String(n), priority: 4, align: 'right' },
  { title: 'TYPE', value: ({ type }) => type, priority: 5 },
];

/** One row for each module. */
export function showModules(modules: readonly ModuleStatus[], output: Output): void {
  if (modules.length > 0) output.table(columns, modules);
  else output.note('no modules are configured');
}

/** The error's class and all that does not fit are left to `module status`. */
function briefState(status: ModuleStatus): string {
  const reason = status.reason?.replace(/^\w*Error(?: \[\w+\])?: /, '') ?? null;
  if (reason === null) return stateText(status);
  return stateText({ ...status, reason: cutDisplay(escapeControls(reason), reasonColumnsMax) });
}

/** All that is known of one module. */
export function showModule(status: ModuleStatus, output: Output, nowMs: number): void {
  const style = stateStyle(status.state);
  const state = stateText(status);
  const { started_at: startedAt, next_restart_at: nextRestartAt } = status;
  output.line(
    `${output.paint('bold', escapeControls(status.module))}  ${style === undefined ? state : output.paint(style, state)}`,
  );
  showFacts(output, [
    ['type', status.type],
    ['wanted', status.wanted],
    ['health', status.health],
    ['pid', orDash(status.pid)],
    ['started', startedAt === null ? '-' : `${formatRelative(startedAt, nowMs)} (${startedAt})`],
    ['restarts', String(status.restart_count)],
    ...fact('next start', nextRestartAt === null ? null : formatRelative(nextRestartAt, nowMs)),
    ...fact('last exit', status.last_exit === null ? null : exitText(status.last_exit, nowMs)),
    ...fact('last error', status.last_error),
    ...fact('depends on', status.depends_on.join(', ')),
    ['params', JSON.stringify(status.params)],
  ]);
}

/** Lines of `name  value`, the names padded to the same width. */
export function showFacts(
  page: Page,
  facts: readonly (readonly [name: string, value: string])[],
): void {
  const width = Math.max(...facts.map(([name]) => name.length));
  for (const [name, value] of facts) {
    page.line(`  ${page.paint('dim', name.padEnd(width))}  ${escapeControls(value)}`);
  }
}

/** The state with its reason, as in `stopped (operator)`. */
export function stateText({ state, reason }: ModuleStatus): string {
  return escapeControls(reason === null ? state : `${state} (${reason})`);
}

export function stateStyle(state: ModuleState): Style | undefined {
  switch (state) {
    case 'running':
      return 'green';
    case 'starting':
    case 'stopping':
    case 'restarting':
      return 'yellow';
    case 'failed':
    case 'import_failed':
      return 'red';
    case 'stopped':
      return undefined;
    default:
      return state satisfies never;
  }
}

function exitText({ code, signal, reason, at, uptime }: LastExit, nowMs: number): string {
  const how = signal ?? (code === null ? 'not seen' : `code ${code}`);
  const why = reason === null ? '' : ` (${reason})`;
  return `${how}${why}, ${formatRelative(at, nowMs)}, after ${formatDuration(uptime)}`;
}

function uptimeText({ uptime }: ModuleStatus): string {
  return uptime === null ? '-' : formatDuration(uptime);
}

function orDash(value: number | null): string {
  return value === null ? '-' : String(value);
}

function fact(name: string, value: string | null): [string, string][] {
  return value === null || value === '' ? [] : [[name, value]];
}
