/**
 * What travels through Redis. An event goes to the channel of its topic, as one line of JSON:
 * `{"origin":"5f0c9a…","n":17,"host":"alpha","event":{…}}`. The origin is one run of a daemon, `n`
 * counts what it meant to send, so that whoever hears it knows what is missing. Without an event it
 * says how far the origin has come; that goes to a channel that is no topic's.
 */
import { isDaemonTopic, isTopic } from '../../rpc/topic.ts';

export interface Origin {
  readonly origin: string;
  readonly host: string;
}

/** An event of another daemon, as it was published there. */
export interface ForeignEvent {
  readonly id: string;
  readonly topic: string;
  readonly data: unknown;
  readonly time: string;
  /** With the host that it comes from: `feed@alpha`. */
  readonly source: string;
}

export interface Heard {
  readonly origin: string;
  readonly n: number;
  readonly event: ForeignEvent | null;
}

/** No topic has such a word. */
const positionTopic = '@position';
/** Far above what a client may send to a daemon, by default. */
const bytesMax = 16 * 1024 * 1024;

/** Publishing knows no databases, so the channels carry their number: two houses may share a Redis. */
export function channelPrefix(db: number): string {
  return db === 0 ? 'superbot:' : `superbot-${db}:`;
}

/** A host's name as others take it. */
export function hostWord(host: string): string {
  return host.replaceAll(/[^A-Za-z0-9_.-]/g, '-').slice(0, 255) || 'unknown';
}

/** What all messages of an origin begin with, and no other's. */
export function headOf({ origin }: Pick<Origin, 'origin'>): string {
  return `{"origin":"${origin}",`;
}

/** @param text the event as JSON */
export function eventMessage(from: Origin, n: number, text: string): string {
  return `${headOf(from)}"n":${n},"host":${JSON.stringify(from.host)},"event":${text}}`;
}

export function positionMessage(from: Origin, n: number): { topic: string; message: string } {
  const message = `${headOf(from)}"n":${n},"host":${JSON.stringify(from.host)}}`;
  return { topic: positionTopic, message };
}

/** Null for what no daemon has sent: anybody who reaches Redis may publish anything. Never throws. */
export function readMessage(topic: string, message: Buffer): Heard | null {
  if (message.length > bytesMax) return null;
  const read = parsed(message.toString());
  if (!isEnvelope(read)) return null;
  const { origin, n, host, event } = read;
  if (event === undefined) return topic === positionTopic ? { origin, n, event: null } : null;
  if (!isEvent(event)) return null;
  // A daemon speaks of itself and its modules alone.
  if (event.topic !== topic || !isTopic(topic) || isDaemonTopic(topic)) return null;
  const { id, data, time, source } = event;
  const foreign = { id, topic, data: data ?? null, time, source: `${source}@${host}` };
  return { origin, n, event: foreign };
}

/** By sight and not by a schema, which took a quarter of the time of an event. */
function isEnvelope(
  read: unknown,
): read is { origin: string; n: number; host: string; event?: unknown } {
  if (typeof read !== 'object' || read === null) return false;
  const { origin, n, host }: { origin?: unknown; n?: unknown; host?: unknown } = read;
  const isCount = Number.isSafeInteger(n) && (n as number) >= 0;
  return isCount && fits(originForm, origin) && fits(word, host);
}

function isEvent(
  read: unknown,
): read is { id: string; topic: string; data?: unknown; time: string; source: string } {
  if (typeof read !== 'object' || read === null) return false;
  const { id, topic, time, source } = read as Record<string, unknown>;
  const isWhen = fits(timeForm, time) && !Number.isNaN(Date.parse(time));
  return isWhen && typeof topic === 'string' && fits(idForm, id) && fits(word, source);
}

function fits(form: RegExp, text: unknown): text is string {
  return typeof text === 'string' && form.test(text);
}

const originForm = /^[0-9a-f]{16}$/;
const idForm = /^[A-Za-z0-9_-]{1,100}$/;
const timeForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
/** Of a host and of a module: it ends on terminals. */
const word = /^[A-Za-z0-9_.-]{1,255}$/;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
