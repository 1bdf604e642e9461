/** What somebody has to be woken up for. Pure. */
import type { Transition } from '../supervisor/context.ts';
import type { Words } from './wording.ts';

/**
 * One for each failing: also when `retry_failed` tries in vain again and again, because until a try
 * gets ready it is the same failing.
 */
export function alertOf({ module, to, cause, status }: Transition): Words | null {
  if (to !== 'failed' || cause?.by === 'retry_failed') return null;
  const { reason, last_error: lastError } = status;
  return {
    kind: 'alert',
    text: `critical: ${module} has failed (${reason ?? 'unknown'}): ${lastError ?? 'no reason is known'}`,
    data: { severity: 'critical', reason },
  };
}
