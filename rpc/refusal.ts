import type { Caller } from './caller.ts';
import { RpcError } from './errors.ts';

/** A call or a connection that was turned away because of who made it: for the log, not the caller. */
export interface Refusal {
  /** The token was wrong or missing; the role does not allow it; the namespace is not the module's. */
  readonly kind: 'authentication' | 'role' | 'claim';
  /** As the caller sent it, cut short; null when there was no call. */
  readonly method: string | null;
  readonly transport: 'unix' | 'tcp';
  readonly role: Caller['role'];
  readonly module: string | null;
  readonly why: string;
}

export type OnRefusal = (refusal: Refusal) => void;

/** The refusal that an error stands for; null for every other kind of error. */
export function refusalOf(
  error: RpcError,
  method: string | null,
  { transport, role, module }: Pick<Caller, 'transport' | 'role' | 'module'>,
): Refusal | null {
  const kind = kindOf(error);
  if (kind === null) return null;
  // What a stranger may not be told travels as the cause.
  const why = error.cause instanceof Error ? error.cause.message : error.message;
  const shown = method === null ? null : method.slice(0, 100);
  return { kind, method: shown, transport, role, module: module?.name ?? null, why };
}

function kindOf(error: RpcError): Refusal['kind'] | null {
  if (error.is('unauthenticated')) return 'authentication';
  const { reason } = (error.is('refused') ? (error.data ?? {}) : {}) as { reason?: unknown };
  if (reason === 'not_a_module') return 'role';
  return reason === 'role' || reason === 'claim' ? reason : null;
}
