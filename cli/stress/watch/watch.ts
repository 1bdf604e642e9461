import type { StressEvent, StressStatus } from '../../../rpc/shapes-stress.ts';
import type { DaemonConnection } from '../../connect.ts';
import type { Session } from '../../session.ts';
import { chartColumns, historySpan, readChartHistory, wantedOf } from '../history.ts';
import type { History } from '../history-chart.ts';
import { readHistory } from '../history-pages.ts';
import { Bell } from './bell.ts';
import { type Connect, feed } from './feed.ts';
import { drawFrame } from './frame.ts';
import { type Key, keysOf } from './keys.ts';
import {
  type Moment,
  type Picture,
  recentMs,
  recentPoints,
  type View,
  withMoment,
} from './picture.ts';
import { Screen } from './screen.ts';

/** So that what is "3s ago" becomes older. */
const redrawEveryMs = 1000;
const historyHours = 24;
const historyAgeMsMax = 60_000;

/**
 * Shows the host on the whole terminal until `q`. The terminal is as it was afterwards.
 *
 * @throws when the daemon or the module does not answer at the beginning; what happens to them later
 *   is told on the screen
 */
export async function watchStress(session: Session, connect: Connect): Promise<void> {
  await new Watch(session, connect).run();
}

class Watch {
  readonly #session: Session;
  readonly #connect: Connect;
  readonly #bell = new Bell();
  readonly #quit = new AbortController();
  readonly #screen: Screen;
  #view: View = 'now';
  /** Null until the first answer, before which there is no screen. */
  #status: StressStatus | null = null;
  #events: readonly StressEvent[] | null = null;
  #problem: string | null = null;
  #recent: readonly Moment[] = [];
  #history: { readonly of: History; readonly columns: number; readonly readMs: number } | null =
    null;

  constructor(session: Session, connect: Connect) {
    this.#session = session;
    this.#connect = connect;
    this.#screen = new Screen(process.stdin, process.stdout, {
      typed: (text) => {
        for (const key of keysOf(text)) this.#act(key);
      },
      stale: () => {
        this.#draw();
        // A chart is read for as many columns as there are.
        this.#bell.ring();
      },
    });
  }

  async run(): Promise<void> {
    const { output, interrupted } = this.#session;
    const ended = AbortSignal.any([interrupted, output.closed, this.#quit.signal]);
    const redraw = setInterval(() => this.#draw(), redrawEveryMs);
    try {
      await feed({ ...this.#session, interrupted: ended }, this.#connect, this.#bell, {
        status: (status) => {
          this.#recent = withMoment(this.#recent, status);
          this.#status = status;
          this.#screen.open();
          this.#draw();
        },
        events: (events) => {
          this.#events = events;
          this.#draw();
        },
        connected: (daemon) => this.#readRecent(daemon),
        extra: (daemon) => this.#readHistory(daemon),
        problem: (problem) => {
          this.#problem = problem;
          this.#draw();
        },
      });
    } finally {
      clearInterval(redraw);
      this.#screen.close();
    }
    interrupted.throwIfAborted();
  }

  #act(key: Key): void {
    switch (key) {
      case 'quit':
        this.#quit.abort();
        return;
      case 'interrupt':
        // As if the terminal had made the signal of it.
        process.kill(process.pid, 'SIGINT');
        return;
      case 'suspend':
        this.#screen.suspend();
        return;
      case 'refresh':
        this.#history = null;
        break;
      case 'events':
      case 'history':
        this.#view = this.#view === key ? 'now' : key;
        break;
      default:
        key satisfies never;
    }
    this.#draw();
    this.#bell.ring();
  }

  #draw(): void {
    if (this.#status === null) return;
    const picture: Picture = {
      view: this.#view,
      status: this.#status,
      events: this.#events,
      recent: this.#recent,
      history: this.#history?.of ?? null,
      problem: this.#problem,
    };
    const { columns, rows } = this.#screen;
    const { paint } = this.#session.output;
    this.#screen.draw(drawFrame(picture, { columns, rows }, Date.now(), paint));
  }

  async #readRecent(daemon: DaemonConnection): Promise<void> {
    const span = historySpan(recentMs / 3_600_000);
    const before = await readHistory(daemon, { ...wantedOf(span), points: recentPoints });
    const status = this.#status;
    this.#recent = status === null ? before : withMoment(before, status);
    this.#draw();
  }

  async #readHistory(daemon: DaemonConnection): Promise<void> {
    const columns = chartColumns(this.#screen.columns);
    const known = this.#history;
    const isOld = known === null || performance.now() - known.readMs > historyAgeMsMax;
    if (this.#view !== 'history' || (!isOld && known.columns === columns)) return;
    const of = await readChartHistory(daemon, historySpan(historyHours), columns);
    this.#history = { of, columns, readMs: performance.now() };
    this.#draw();
  }
}
