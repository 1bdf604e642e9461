import type { Claims } from '../../../daemon/supervisor/intent.ts';

/** Nobody says anything of the module. */
export const noClaims: Claims = {
  operator: null,
  halted: false,
  untilSchedule: false,
  finished: false,
  enabled: true,
  window: null,
  autostart: false,
};
