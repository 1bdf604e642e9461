/** Who a caller may be, and which rows of the contract each may call. */
import type { Access } from './row.ts';

export type Role = 'operator' | 'module' | 'observer';

/** Whether a caller with this role may call a row with this access. */
export function mayCall(role: Role, access: Access): boolean {
  if (access === 'anyone' || role === 'operator') return true;
  return role === 'module' ? access !== 'operator' : access === 'observer';
}
