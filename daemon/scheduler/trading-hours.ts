/**
 * The trading window: inside it the module is wanted, outside it is not. Its two edges are listed as
 * jobs; one that is paused leaves what is wanted as it is.
 */
import type { ScheduleConfig, WindowConfig } from '../../config/resolve-schedule.ts';
import { windowJobs, windowModule } from '../../config/window-jobs.ts';
import { RpcError } from '../../rpc/errors.ts';
import type { Wanted } from '../../rpc/shapes.ts';
import type { JobResult, ScheduledJob } from '../../rpc/shapes-schedule.ts';
import type { ScheduleContext, Trigger } from './context.ts';
import { type Edge, edgesAfter, hoursAt } from './hours.ts';
import { type HoursMemory, type JobMemory, jobMemoryFor, type ScheduleMemory } from './memory.ts';
import { nextShownMax, specInWords } from './spec-in-words.ts';
import { type Window, windowAt, windowOf } from './window.ts';

const edges: readonly Edge[] = ['opens', 'closes'];

export class TradingHours {
  /** When the next edge comes; null when there is none. */
  nextMs: number | null = null;
  readonly #context: ScheduleContext;
  readonly #jobs: Record<Edge, JobMemory>;
  #present: { readonly config: WindowConfig; readonly window: Window } | null = null;
  #memory: HoursMemory | null;

  constructor(known: ScheduleMemory, context: ScheduleContext) {
    this.#context = context;
    this.#memory = known.hours;
    const jobs = new Map(Object.entries(known.jobs));
    const remembered = (edge: Edge): JobMemory =>
      jobMemoryFor('', jobs.get(windowJobs[edge]) ?? null, context.system.now());
    this.#jobs = { opens: remembered('opens'), closes: remembered('closes') };
  }

  get memory(): ScheduleMemory {
    if (this.#present === null) return { jobs: {}, hours: null };
    const jobs = edges.map((edge) => [windowJobs[edge], this.#jobs[edge]] as const);
    return { jobs: Object.fromEntries(jobs), hours: this.#memory };
  }

  get isThere(): boolean {
    return this.#present !== null;
  }

  /** Another window is no edge: it only says what is wanted from now on. */
  configure({ window: config }: ScheduleConfig): void {
    if (config === null) {
      this.#present = null;
      this.#memory = null;
      this.nextMs = null;
      this.#context.modules.setHours(new Map());
      return;
    }
    const { start, stop, days, timezone } = config;
    this.#present = { config, window: windowOf(start, stop, days, timezone) };
    this.look(this.#context.system.now());
  }

  /** Does what follows from the edges that have come. */
  look(nowMs: number): void {
    if (this.#present === null) return;
    const { config, window } = this.#present;
    const spec = JSON.stringify(config);
    const { seen = '', claim = 'down' } = this.#memory ?? {};
    const last = this.#memory?.spec === spec ? { seenMs: Date.parse(seen), claim } : null;
    const hours = hoursAt(window, last, this.#paused(), nowMs);
    this.#remember(spec, hours.seenMs, hours.claim);
    if (hours.edge !== null) this.#pass(hours.edge, 'time');
    this.nextMs = windowAt(window, nowMs).nextEdgeMs;
  }

  /** The edge of this name; null when it is none, or there is no window. */
  edgeOf(job: string): Edge | null {
    return this.#present && (edges.find((edge) => windowJobs[edge] === job) ?? null);
  }

  /** As if the edge had come now. Throws −32007 when an operator keeps the module down. */
  run(edge: Edge): void {
    this.#remember(this.#memory?.spec ?? '', this.#context.system.now(), claimAfter(edge));
    const keptBy = this.#pass(edge, 'operator');
    if (keptBy === null || edge === 'closes') return;
    const advice =
      keptBy === 'disabled'
        ? 'set enabled: true in daemon.yaml, then: superbot-cli config reload'
        : 'start it with module.start';
    const why = `"${windowModule}" is kept down: ${keptBy} — ${advice}`;
    throw new RpcError('refused', why, { reason: keptBy });
  }

  pause(edge: Edge): void {
    this.#jobs[edge] = { ...this.#jobs[edge], paused: true };
  }

  /** What the window says counts again at once. */
  resume(edge: Edge): void {
    this.#jobs[edge] = { ...this.#jobs[edge], paused: false };
    const { open } = windowAt(this.#configured().window, this.#context.system.now());
    const isLate = open === (edge === 'opens') && this.#memory?.claim !== claimAfter(edge);
    if (isLate) this.run(edge);
  }

  rows(): ScheduledJob[] {
    return this.#present === null ? [] : edges.map((edge) => this.row(edge));
  }

  row(edge: Edge): ScheduledJob {
    const { config, window } = this.#configured();
    const { start, stop, days, timezone } = config;
    const at = edge === 'opens' ? start : stop;
    const isNextDay = edge === 'closes' && stop <= start;
    const ownDays = isNextDay ? days.map((day) => (day % 7) + 1) : days;
    const spec = specInWords({ kind: 'at', at, days: ownDays });
    const nowMs = this.#context.system.now();
    const next = edgesAfter(window, edge, nowMs, nextShownMax).map(iso);
    const { last_run, last_result, paused } = this.#jobs[edge];
    return { job: windowJobs[edge], spec, timezone, next, last_run, last_result, paused };
  }

  #configured() {
    if (this.#present === null) throw new Error('internal error: there is no trading window');
    return this.#present;
  }

  #paused(): Set<Edge> {
    return new Set(edges.filter((edge) => this.#jobs[edge].paused));
  }

  /** @returns who keeps the module down in spite of it; else null */
  #pass(edge: Edge, trigger: Trigger): string | null {
    const { system, modules, publish, log } = this.#context;
    const job = windowJobs[edge];
    const at = iso(system.now());
    const keptBy = modules.passEdge(windowModule, job);
    const isSkipped = keptBy !== null && edge === 'opens';
    const last_result: JobResult = isSkipped
      ? { status: 'skipped', ended_at: at, error: null }
      : { status: 'done', ended_at: at, error: null };
    this.#jobs[edge] = { ...this.#jobs[edge], last_run: at, last_result };
    this.#store();
    publish('schedule.fired', { job, at, trigger });
    log.info(
      { job, at, trigger },
      `the hours of ${windowModule} ${edge === 'opens' ? 'begin' : 'end'}`,
    );
    if (isSkipped) {
      publish('schedule.skipped', { job, at, reason: keptBy });
      log.warn({ job, reason: keptBy }, 'schedule.skipped');
    }
    return keptBy;
  }

  #remember(spec: string, seenMs: number, claim: Wanted): void {
    const memory: HoursMemory = { spec, seen: iso(seenMs), claim };
    const isNews = JSON.stringify(memory) !== JSON.stringify(this.#memory);
    this.#memory = memory;
    this.#context.modules.setHours(new Map([[windowModule, claim]]));
    if (isNews) this.#store();
  }

  #store(): void {
    this.#context.save().catch((err: unknown) => {
      this.#context.log.error({ err }, 'cannot store what the trading window has said');
    });
  }
}

function claimAfter(edge: Edge): Wanted {
  return edge === 'opens' ? 'up' : 'down';
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
