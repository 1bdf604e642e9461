/**
 * The daemon's dispatcher, made from the contract's table: a row without a handler does not exist, a
 * caller without the row's access is refused, params are checked before a handler sees them.
 */
import type { Caller } from './caller.ts';
import { methods, type MethodParams, type MethodResult, type OwnMethodName } from './contract.ts';
import { Dispatcher, methodNotFound, type LogInternalError, type Method } from './dispatch.ts';
import type { Call } from './dispatch.ts';
import { RpcError } from './errors.ts';
import { refusalOf, type OnRefusal } from './refusal.ts';
import { mayCall } from './roles.ts';
import type { MethodRow } from './row.ts';
import type { WrittenJson } from './written-json.ts';

/** One function for each of our own rows. */
export type Handlers = {
  [M in OwnMethodName]: (
    params: MethodParams<M>,
    caller: Caller,
    call: Call<Caller>,
  ) => Answered<M> | Promise<Answered<M>>;
};

/** As a value, or written as JSON already. */
type Answered<M extends OwnMethodName> = MethodResult<M> | WrittenJson;

/** The methods that modules have claimed over their links. */
export interface ClaimedMethods {
  /** Whether a name outside the contract's table is claimed; what is not is "no such method". */
  has(method: string): boolean;
  /**
   * Passes the call on, params exactly as sent. Also called for the table's claimed rows when no
   * module answers them (error −32004 is the proxy's to give), and for module callers, whose right
   * to call a method outside the table only the proxy can judge.
   */
  call(
    method: string,
    params: object | undefined,
    caller: Caller,
    isNotification: boolean,
  ): Promise<unknown>;
}

export interface ContractDispatcherOptions {
  readonly handlers: Partial<Handlers>;
  readonly claimed: ClaimedMethods;
  readonly logInternalError: LogInternalError;
  readonly onRefusal?: OnRefusal;
}

export function contractDispatcher(options: ContractDispatcherOptions): Dispatcher<Caller> {
  const { claimed, logInternalError } = options;
  const passOn: Method<Caller> = ({ method, params, context, isNotification }) =>
    claimed.call(method, params, context, isNotification);
  const handlers = new Map<string, (...args: [never, Caller, Call<Caller>]) => unknown>(
    Object.entries(options.handlers),
  );
  const table = new Map<string, Method<Caller>>();
  for (const [name, row] of Object.entries<MethodRow>(methods)) {
    const handler = handlers.get(name);
    if (row.claimed === true) table.set(name, guarded(row, passOn));
    else if (handler !== undefined) {
      const validated: Method<Caller> = (call) =>
        handler(validParams(row, call) as never, call.context, call);
      table.set(name, guarded(row, validated));
    }
  }
  const fallback: Method<Caller> = (call) => {
    if (Object.hasOwn(methods, call.method) || !claimed.has(call.method)) {
      throw methodNotFound(call.method);
    }
    if (call.context.role !== 'module') requireAccess('operator', call);
    return passOn(call);
  };
  return new Dispatcher({
    methods: table,
    fallback,
    logInternalError,
    onError: (error, { method, context }) => {
      // Its connection tells of a caller that was never let in.
      if (context.role === null) return;
      const refusal = refusalOf(error, method, context);
      if (refusal !== null) options.onRefusal?.(refusal);
    },
  });
}

function guarded(row: MethodRow, method: Method<Caller>): Method<Caller> {
  return (call) => {
    requireAccess(row.access, call);
    return method(call);
  };
}

function requireAccess(access: MethodRow['access'], { method, context }: Call<Caller>): void {
  if (access === 'anyone') return;
  if (context.role === null) throw new RpcError('unauthenticated', 'authentication failed');
  if (mayCall(context.role, access)) return;
  const problem = `${method.slice(0, 100)} is not for this connection: it needs the role ${access}, this is ${context.role}`;
  throw new RpcError('refused', problem, { reason: 'role', needs: access, role: context.role });
}

function validParams(row: MethodRow, { method, params = {} }: Call<Caller>): unknown {
  if (Array.isArray(params)) {
    throw new RpcError(
      'invalidParams',
      `invalid params: ${method} takes named params, not an array`,
    );
  }
  if (row.isPlain?.(params) === true) return params;
  const parsed = row.params.safeParse(params);
  if (parsed.success) return parsed.data;
  // Cut short: the message quotes keys of the caller's, who may have sent a megabyte of them.
  const problems = parsed.error.issues.slice(0, 5).map(({ path, message }) => {
    const isMissing = path.length === 1 && !Object.hasOwn(params, path[0] ?? '');
    return [...path.map(String), isMissing ? 'it is missing' : message].join(': ').slice(0, 200);
  });
  throw new RpcError('invalidParams', `invalid params: ${problems.join('; ')}`, { problems });
}
