/** One method of the contract: what is asked, what is answered, who may ask. */
import type * as z from 'zod';
import type { ErrorKind } from './errors.ts';

export type Access = 'operator' | 'module' | 'observer' | 'anyone';

export interface MethodRow<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly params: P;
  readonly result: R;
  readonly access: Access;
  readonly summary: string;
  /** Answered by a module that claimed it over its link; the daemon passes it on unread. */
  readonly claimed?: true;
  /**
   * For a method that is called a thousand times in a second: says yes to params only that `params`
   * accepts and gives back as they are. It spares the schema then, and is told from it by speed alone.
   */
  readonly isPlain?: (params: object) => boolean;
  /** For the documents: what a caller may meet beyond what access and params alone can cause. */
  readonly errors?: readonly ErrorKind[];
}

export function row<P extends z.ZodType, R extends z.ZodType>(
  access: Access,
  summary: string,
  params: P,
  result: R,
  errors: readonly ErrorKind[] = [],
): MethodRow<P, R> {
  return { access, summary, params, result, errors };
}

/** A row that a module answers over its link. */
export function claimed<P extends z.ZodType, R extends z.ZodType>(
  access: Access,
  summary: string,
  params: P,
  result: R,
): MethodRow<P, R> & { claimed: true } {
  return { access, summary, params, result, claimed: true };
}
