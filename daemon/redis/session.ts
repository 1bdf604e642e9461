/**
 * One connection to Redis, or two where something is to be heard, from the first byte to the end.
 * ioredis would also connect anew, queue, resend and subscribe again. All of that is off: what never
 * comes back sends nothing twice, and a queue is bounded only where we keep it.
 */
import type { Redis, RedisOptions } from 'ioredis';
import type { RedisAddress } from './address.ts';
import { connectorTo } from './connector.ts';

export interface Listener {
  /** A glob of Redis: its `*` also crosses dots. */
  readonly pattern: string;
  readonly take: (channel: string, message: Buffer) => void;
}

/**
 * Why Redis does not serve. Stalled: it accepts connections and says nothing. Refusing: it answers,
 * and does not take what is asked of it.
 */
export interface Outage {
  readonly state: 'down' | 'stalled' | 'refusing';
  /** For people; without user and password. */
  readonly why: string;
}

export class RedisUnreachable extends Error {
  readonly outage: Outage;

  constructor(outage: Outage) {
    super(`Redis is ${outage.state}: ${outage.why}`);
    this.name = 'RedisUnreachable';
    this.outage = outage;
  }
}

export interface Session {
  readonly commands: Redis;
  /** Resolves when a connection of it has broken. */
  readonly broken: Promise<Outage>;
  /**
   * Resolves when every connection of it has answered, with what keeps it from serving all the same;
   * null for nothing. Rejects when one breaks.
   */
  ping(): Promise<Outage | null>;
  /** At once: what was sent and not answered is not waited for, and nothing is heard any more. */
  close(): void;
}

const whyLengthMax = 200;
/** After the end was said; what hangs does not answer it. */
const farewellMs = 100;

/** Rejects with `RedisUnreachable`: stalled when the signal came first. */
export async function openSession(
  address: RedisAddress,
  listener: Listener | null,
  signal: AbortSignal,
): Promise<Session> {
  // A daemon without Redis loads nothing of it.
  const { AbstractConnector, Redis } = await import('ioredis');
  const Connector = connectorTo(address, AbstractConnector, farewellMs);
  const options = { ...optionsFor(address), Connector };
  const clients = [new Redis(options)];
  if (listener !== null) clients.push(new Redis(options));
  const [commands, ears = null] = clients as [Redis, Redis?];
  const close = (): void => {
    ears?.removeAllListeners('pmessageBuffer');
    for (const client of clients) client.disconnect();
  };
  const broken = Promise.race(clients.map(whenBroken));
  const opened = Promise.all(clients.map((client) => client.connect())).then(async () => {
    const problem = await problemOf(commands);
    if (problem !== null) throw new RedisUnreachable(problem);
    if (listener === null || ears === null) return;
    ears.on('pmessageBuffer', (_pattern: string, channel: Buffer, message: Buffer) =>
      listener.take(channel.toString(), message),
    );
    await ears.psubscribe(listener.pattern);
  });
  const ping = async (): Promise<Outage | null> => {
    const [problem, complaint] = await Promise.all([
      problemOf(commands),
      ears === null ? null : complaintOf(ears),
    ]);
    return problem ?? complaint;
  };
  const outage = await firstOf(opened, broken, signal);
  if (outage === null) return { commands, broken, ping, close };
  close();
  throw new RedisUnreachable(outage);
}

/** Which of two shapes replies have is told by the type, not by this. */
type Options = Omit<RedisOptions, 'replyMapping'>;

function optionsFor({ isTls, username, password, db }: RedisAddress): Options {
  return {
    db,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    // Only says which event means that it is connected.
    ...(isTls ? { tls: {} } : {}),
    lazyConnect: true,
    // One that is loading its data is asked again by us, and says so meanwhile.
    enableReadyCheck: false,
    retryStrategy: null,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    // The older protocol: every server and proxy speaks it, and nothing here needs the newer one.
    protocol: 2,
    connectionName: 'superbot',
    disableClientInfo: true,
  };
}

/** A replica would take events, and tell nobody but its own listeners of them. */
async function problemOf(commands: Redis): Promise<Outage | null> {
  const complaint = await complaintOf(commands);
  if (complaint !== null) return complaint;
  const role = await roleOf(commands);
  if (role === null || role === 'master') return null;
  return { state: 'down', why: `it is a ${role === 'slave' ? 'replica' : role}, no master` };
}

/** What one that answers may have to say: that it is loading its data, or held up by a script. */
async function complaintOf(client: Redis): Promise<Outage | null> {
  try {
    await client.ping();
    return null;
  } catch (error) {
    if (isRefusal(error)) return { state: 'down', why: inWords(error) };
    throw error;
  }
}

/** Null where it is not told: a user may not be allowed to ask, and a proxy may not know it. */
async function roleOf(commands: Redis): Promise<string | null> {
  try {
    const [role] = await commands.role();
    return printable(String(role));
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

/** Whether it was answered so, and the connection is as good as before. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** Its first error tells more than the end that follows it. */
function whenBroken(client: Redis): Promise<Outage> {
  let why: string | null = null;
  // For its whole life: without a listener ioredis writes errors to stderr.
  client.on('error', (error: unknown) => (why ??= inWords(error)));
  return new Promise((resolve) => {
    client.once('end', () => resolve({ state: 'down', why: why ?? 'it closed the connection' }));
  });
}

/** Null when it was opened before it broke, or was too late. */
function firstOf(
  opened: Promise<void>,
  broken: Promise<Outage>,
  signal: AbortSignal,
): Promise<Outage | null> {
  return new Promise((resolve) => {
    const tooLate = (): void => resolve({ state: 'stalled', why: 'it does not answer' });
    if (signal.aborted) tooLate();
    signal.addEventListener('abort', tooLate, { once: true });
    void broken.then(resolve);
    opened.then(
      () => resolve(null),
      // A refusal such as of the password; of a connection that breaks `broken` knows more.
      (error: unknown) =>
        setImmediate(() =>
          resolve(
            error instanceof RedisUnreachable
              ? error.outage
              : { state: 'down', why: inWords(error) },
          ),
        ),
    );
  });
}

/**
 * An error of ioredis carries the arguments of its command, a password among them: its words alone.
 * They may be those of whatever listens at that port, and end on terminals.
 */
export function inWords(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error));
  const { code } = error as NodeJS.ErrnoException;
  return printable(error.message === '' ? (code ?? error.name) : error.message);
}

function printable(text: string): string {
  return text.slice(0, whyLengthMax).replaceAll(/\p{C}/gu, '?');
}
