/** What a module says of itself over its link, read with distrust: it is another program's answer. */
import * as z from 'zod';
import { linkHealth } from '../../rpc/shapes-health.ts';
import type { CheckOutcome } from './check.ts';

/** `details` beyond this, as JSON, are not kept: they are held for every module. */
const detailsLengthMax = 8192;

export function readLinkAnswer(answer: unknown): CheckOutcome {
  const parsed = linkHealth.safeParse(answer);
  if (!parsed.success) {
    const why = `its answer to link.health is not one: ${z.prettifyError(parsed.error)}`;
    return { kind: 'ill', why: why.slice(0, 500), restartHelps: true, said: null };
  }
  const { healthy, restart_helps: restartHelps = true, reason, details = null } = parsed.data;
  const { last_activity = null, queue_depth = null, error_count = null } = parsed.data;
  const isTooLong = JSON.stringify(details).length > detailsLengthMax;
  const said = { last_activity, queue_depth, error_count, details: isTooLong ? null : details };
  if (healthy) return { kind: 'well', said };
  return { kind: 'ill', why: reason ?? 'it says that it is not healthy', restartHelps, said };
}
