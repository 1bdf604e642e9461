/**
 * One process that publishes events or hears them, and does what the bench tells it over a socket of
 * its own. The same on both sides of a figure, so that they differ by the way of the events alone.
 */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** With its name, its braces and the topic around it an event of about 200 bytes. */
export interface Payload {
  /** From 1, without a gap. */
  readonly n: number;
  /** When it was published, in microseconds of the machine's monotonic clock. */
  readonly at: number;
  readonly text: string;
}

/** How a party speaks to the daemon, or to what is measured instead of it. */
export interface Side {
  /** Resolves when there is room for another event. */
  publish(payload: Payload): Promise<void> | void;
  /** Resolves when events arrive; the function that it gives ends that. */
  subscribe(onEvent: (payload: Payload) => void): Promise<() => void>;
}

export type Order =
  | { readonly order: 'hear'; readonly events: number; readonly mayMiss: boolean }
  | { readonly order: 'publish'; readonly events: number; readonly perSecond: number | null }
  /** The slowest has heard so many. */
  | { readonly order: 'heard'; readonly count: number };

export type Report =
  | { readonly report: 'here'; readonly name: string; readonly pid: number }
  | { readonly report: 'hearing' }
  | { readonly report: 'heard'; readonly count: number }
  | { readonly report: 'done'; readonly delaysUs: readonly number[] };

/** Under way at most, so that no queue overflows. */
const windowMax = 2000;
const reportEvery = 250;
const text = 'x'.repeat(100);

export function takePart(controlPath: string, name: string, side: Side): void {
  const control = connect(controlPath);
  const say = (report: Report) => void control.write(`${JSON.stringify(report)}\n`);
  const window = new Window();
  say({ report: 'here', name, pid: process.pid });
  createInterface({ input: control }).on('line', (line) => {
    const order = JSON.parse(line) as Order;
    if (order.order === 'heard') window.heard(order.count);
    else if (order.order === 'hear') void hear(side, order, say);
    else void (order.perSecond === null ? flood : pace)(side, order, window);
  });
  endWith(control);
}

async function hear(
  side: Side,
  { events, mayMiss }: { events: number; mayMiss: boolean },
  say: (report: Report) => void,
): Promise<void> {
  const delaysUs: number[] = [];
  let count = 0;
  const end = await side.subscribe(({ n, at }) => {
    delaysUs.push(nowUs() - at);
    count += 1;
    if (n !== count && !mayMiss) throw new Error(`event ${n} came when ${count} was due`);
    if (count % reportEvery === 0) say({ report: 'heard', count });
    if (n < events) return;
    end();
    say({ report: 'done', delaysUs });
  });
  say({ report: 'hearing' });
}

/** As fast as they are heard. */
async function flood(side: Side, { events }: { events: number }, window: Window): Promise<void> {
  window.begin();
  for (let n = 1; n <= events; n += 1) {
    if (n > window.end) await window.opens(n);
    await side.publish({ n, at: nowUs(), text });
  }
}

function pace(side: Side, order: { events: number; perSecond: number | null }): void {
  const startedUs = nowUs();
  let n = 0;
  const timer = setInterval(() => {
    const due = ((nowUs() - startedUs) / 1e6) * (order.perSecond ?? 0);
    while (n < Math.min(due, order.events)) void side.publish({ n: (n += 1), at: nowUs(), text });
    if (n === order.events) clearInterval(timer);
  }, 1);
}

class Window {
  end = windowMax;
  #wake: (() => void) | null = null;

  begin(): void {
    this.end = windowMax;
  }

  heard(count: number): void {
    this.end = Math.max(this.end, count + windowMax);
    this.#wake?.();
  }

  async opens(n: number): Promise<void> {
    while (n > this.end) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

function nowUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}

/** The bench may be interrupted. */
function endWith(control: Socket): void {
  control.on('close', () => process.exit());
  control.on('error', () => process.exit());
}
