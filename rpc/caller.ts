import { RpcError } from './errors.ts';
import type { Peer } from './peer.ts';
import type { Role } from './roles.ts';

/** Whom a token stands for. */
export type Identity =
  { role: 'operator' | 'observer' } | { role: 'module'; module: ModuleIdentity };

export interface ModuleIdentity {
  name: string;
  /** The launch that the module's token was made for. */
  launch: string;
}

/** Looks a token up, in constant time (see `isSameToken`); null when it is nobody's. */
export type Identify = (token: string) => Identity | null;

/** Who is at the other end of one connection. Handlers of auth.login and link.hello change it. */
export interface Caller {
  readonly id: number;
  readonly transport: 'unix' | 'tcp';
  /** Null until the connection is authenticated. */
  role: Role | null;
  module: ModuleIdentity | null;
  /** The scheduled job that calls; null for whoever has a connection. */
  readonly job: string | null;
  readonly peer: Peer;
  /** Aborted when the connection is gone. */
  readonly signal: AbortSignal;
}

/** From now on the connection speaks for `identity`. */
export function identifyCaller(caller: Caller, identity: Identity): void {
  caller.role = identity.role;
  if (identity.role === 'module') caller.module = identity.module;
}

/** The handler of auth.login: for people's tokens; a module introduces itself with link.hello. */
export function loginHandler(identify: Identify) {
  return ({ token }: { token: string }, caller: Caller): { role: 'operator' | 'observer' } => {
    const identity = identify(token);
    if (identity === null || identity.role === 'module') {
      throw new RpcError('unauthenticated', 'authentication failed');
    }
    identifyCaller(caller, identity);
    return { role: identity.role };
  };
}
