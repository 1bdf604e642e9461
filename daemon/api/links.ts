/**
 * The modules' links: who said hello, which methods they claimed, and the way of a call to them.
 * A module claims within its own name and what its configuration lets it provide; a method name
 * without a dot is its own namespace.
 */
import type { Caller } from '../../rpc/caller.ts';
import { identifyCaller } from '../../rpc/caller.ts';
import { methods as contractMethods } from '../../rpc/contract.ts';
import type { MethodRow } from '../../rpc/row.ts';
import { methodNotFound } from '../../rpc/dispatch.ts';
import { ConnectionClosedError, RpcError } from '../../rpc/errors.ts';
import type { Peer } from '../../rpc/peer.ts';
import type { ClaimedMethods } from '../../rpc/table.ts';

const proxiedTimeoutMsDefault = 30_000;
/** Whoever asks ends it earlier: the longest that can be configured is an hour. */
const healthTimeoutMsMax = 2 * 3_600_000;

/** The daemon's own: nobody may claim in them, also a module that bears such a name. */
const daemonNamespaces = new Set(
  Object.entries<MethodRow>(contractMethods)
    .filter(([, row]) => row.claimed !== true)
    .map(([method]) => namespaceOf(method)),
);

export interface Provider {
  readonly module: string;
  /** Namespaces that it may claim, its own name included. */
  readonly namespaces: readonly string[];
  /** The modules in its "depends_on" and "wants", whose methods it may call. */
  readonly uses: readonly string[];
}

interface Link {
  readonly module: string;
  readonly launch: string;
  readonly peer: Peer;
  readonly methods: ReadonlySet<string>;
}

export interface LinksOptions {
  readonly providers: () => readonly Provider[];
  /** The module and launch that a link token was made for; null when it is nobody's. */
  readonly ownerOfToken: (token: string) => { name: string; launch: string } | null;
  /** A launch with the right token claimed what it may not: without a link it cannot get ready. */
  readonly onRefused: (module: string, launch: string, why: string) => void;
  readonly onHello?: (module: string) => void;
  /** Its link was closed for what came over it. */
  readonly onBroken?: (module: string, why: string) => void;
  /** How long a module may take over a call that was passed on to it. Default 30 000. */
  readonly proxiedTimeoutMs?: number;
}

export class Links implements ClaimedMethods {
  readonly #options: LinksOptions;
  readonly #links = new Map<string, Link>();

  constructor(options: LinksOptions) {
    this.#options = options;
  }

  /** `link.hello`. A newer connection of the same launch takes the place of an older one. */
  hello(
    { module, token, methods }: { module: string; token: string; methods: string[] },
    caller: Caller,
  ): { launch: string } {
    const owner = this.#options.ownerOfToken(token);
    if (owner?.name !== module) {
      const why = `the link token is not that of a running launch of "${module.slice(0, 100)}"`;
      const cause = new Error(why);
      throw new RpcError('unauthenticated', 'authentication failed', undefined, { cause });
    }
    for (const method of methods) {
      const why = this.#whyNotClaim(module, method);
      if (why === null) continue;
      this.#options.onRefused(module, owner.launch, why);
      throw new RpcError('refused', why, { reason: 'claim', method });
    }
    identifyCaller(caller, { role: 'module', module: owner });
    const { peer, signal } = caller;
    const link: Link = { module, launch: owner.launch, peer, methods: new Set(methods) };
    this.#links.set(module, link);
    signal.addEventListener('abort', () => {
      if (this.#links.get(module) === link) this.#links.delete(module);
      const reason: unknown = signal.reason;
      if (reason instanceof RpcError) this.#options.onBroken?.(module, reason.message);
    });
    this.#options.onHello?.(module);
    return { launch: owner.launch };
  }

  /** What modules answer at present. */
  claimed(): { method: string; module: string }[] {
    return [...this.#links.values()].flatMap(({ module, methods }) =>
      [...methods].map((method) => ({ method, module })),
    );
  }

  has(method: string): boolean {
    return this.#linkFor(method) !== null || this.#absentProvider(method) !== null;
  }

  async call(
    method: string,
    params: object | undefined,
    caller: Caller,
    isNotification: boolean,
  ): Promise<unknown> {
    const link = this.#linkFor(method);
    if (!link) throw this.#notAnswered(method);
    this.#checkModuleCaller(method, link, caller);
    if (isNotification) {
      link.peer.notify(method, params);
      return null;
    }
    try {
      return await link.peer.call(method, params, {
        timeoutMs: this.#options.proxiedTimeoutMs ?? proxiedTimeoutMsDefault,
        signal: caller.signal,
      });
    } catch (error) {
      if (!(error instanceof ConnectionClosedError)) throw error;
      throw notRunning(link.module, method, 'its link broke while it was asked');
    }
  }

  /** The launch that holds the module's link; null without one. */
  launchOf(module: string): string | null {
    return this.#links.get(module)?.launch ?? null;
  }

  /**
   * Null when the module has no link. Waits for its answer until the signal ends that; rejects with
   * `parse` when what came meanwhile was none.
   */
  askHealth(module: string, signal: AbortSignal): Promise<unknown> | null {
    const link = this.#links.get(module);
    return link ? askedForHealth(link.peer, signal) : null;
  }

  /** What the module answers that claims this method now; null when none does, or not in time. */
  async ask(
    method: string,
    timeoutMs: number,
  ): Promise<{ module: string; answer: unknown } | null> {
    const link = this.#linkFor(method);
    if (!link) return null;
    try {
      return { module: link.module, answer: await link.peer.call(method, {}, { timeoutMs }) };
    } catch (error) {
      // Its own refusal, too: it has no answer.
      if (error instanceof RpcError || error instanceof ConnectionClosedError) return null;
      throw error;
    }
  }

  /** Whether the module answered in time; false at once when it has no link. */
  async askToShutDown(module: string, deadlineMs: number): Promise<boolean> {
    const link = this.#links.get(module);
    if (!link || deadlineMs <= 0) return false;
    try {
      await link.peer.call('link.shutdown', { deadline_ms: deadlineMs }, { timeoutMs: deadlineMs });
      return true;
    } catch (error) {
      // Whatever kept it from answering, the stop signal comes next.
      if (error instanceof RpcError || error instanceof ConnectionClosedError) return false;
      throw error;
    }
  }

  #whyNotClaim(module: string, method: string): string | null {
    const may = this.#options.providers().find((provider) => provider.module === module);
    const namespace = namespaceOf(method);
    const claimant = [...this.#links.values()].find(
      (link) => link.methods.has(method) && link.module !== module,
    );
    const ownedByDaemon = daemonNamespaces.has(namespace);
    if (may?.namespaces.includes(namespace) && !claimant && !ownedByDaemon) return null;
    let why = `"${namespace}" is neither its name nor among its "provides" in daemon.yaml`;
    if (ownedByDaemon) why = `"${namespace}" is the daemon's own`;
    else if (claimant) why = `"${claimant.module}" has claimed it`;
    return `"${module}" cannot claim "${method}": ${why}`;
  }

  /** Rows of the contract carry their access themselves and were checked by it. */
  #checkModuleCaller(method: string, link: Link, { role, module }: Caller): void {
    if (role !== 'module' || Object.hasOwn(contractMethods, method)) return;
    if (module?.name === link.module || this.#uses(module?.name).includes(link.module)) return;
    throw new RpcError(
      'refused',
      `module "${module?.name ?? ''}" may not call "${method}": "${link.module}" is neither in its "depends_on" nor in its "wants"`,
      { reason: 'role', role },
    );
  }

  #uses(module: string | undefined): readonly string[] {
    return this.#options.providers().find((provider) => provider.module === module)?.uses ?? [];
  }

  #linkFor(method: string): Link | null {
    for (const link of this.#links.values()) if (link.methods.has(method)) return link;
    return null;
  }

  /** The configured module that would answer this namespace if its link were there. */
  #absentProvider(method: string): string | null {
    const namespace = namespaceOf(method);
    const provider = this.#options
      .providers()
      .find(({ module, namespaces }) => namespaces.includes(namespace) && !this.#links.has(module));
    return provider?.module ?? null;
  }

  #notAnswered(method: string): RpcError {
    const module = this.#absentProvider(method);
    const configured = this.#options
      .providers()
      .some(({ namespaces }) => namespaces.includes(namespaceOf(method)));
    if (module === null && configured) return methodNotFound(method);
    return notRunning(module ?? namespaceOf(method), method, 'it has no link to the daemon');
  }
}

async function askedForHealth(peer: Peer, signal: AbortSignal): Promise<unknown> {
  const { strayCount: strayBefore, garbageCount: garbageBefore } = peer;
  try {
    return await peer.call('link.health', {}, { signal, timeoutMs: healthTimeoutMsMax });
  } catch (error) {
    if (!signal.aborted) throw error;
    // Its event loop turns: that it hangs would be the wrong thing to look for.
    if (peer.garbageCount > garbageBefore)
      throw new RpcError('parse', `it sent ${peer.lastGarbage}`);
    if (peer.strayCount > strayBefore)
      throw new RpcError('parse', 'it sent an answer under an id that nobody has asked with');
    throw error;
  }
}

function namespaceOf(method: string): string {
  return method.split('.')[0] ?? method;
}

function notRunning(module: string, method: string, why: string): RpcError {
  return new RpcError(
    'notRunning',
    `cannot call "${method}": module "${module}" is not running, or ${why}`,
    { module },
  );
}
