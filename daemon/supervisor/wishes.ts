/** What is asked of a module, written into what is remembered of it. */
import type { ModuleParams } from '../../rpc/shapes.ts';
import type { ModuleFacts } from './facts.ts';

export type Wish =
  /** Over the configuration's params; null for those alone. */
  | { readonly kind: 'up'; readonly params: ModuleParams | null }
  /** `until`: whether it stays down for good, or until the schedule wants it again. */
  | { readonly kind: 'down'; readonly until: 'schedule' | null }
  /** An edge of its hours: whoever's word held until now no longer counts. */
  | { readonly kind: 'hours_begin' | 'hours_end' }
  /** It is to stay down until an operator starts it. */
  | { readonly kind: 'halt'; readonly why: string };

export function writeDown(wish: Wish, facts: ModuleFacts): void {
  facts.untilSchedule = wish.kind === 'down' && wish.until === 'schedule';
  switch (wish.kind) {
    case 'up':
      facts.operator = 'up';
      facts.halted = false;
      beginAnew(facts);
      facts.paramsOverride = wish.params;
      break;
    case 'down':
      facts.operator = 'down';
      if (wish.until !== null) facts.halted = false;
      // The next start has its own params, or the configuration's.
      facts.paramsOverride = null;
      break;
    case 'halt':
      facts.operator = 'down';
      facts.halted = true;
      facts.lastError = wish.why;
      break;
    case 'hours_begin':
      // What runs already goes on as it is.
      if (facts.operator !== 'up') {
        beginAnew(facts);
        facts.paramsOverride = null;
      }
      facts.operator = null;
      break;
    case 'hours_end':
      facts.operator = null;
      facts.paramsOverride = null;
  }
}

/** Forgets what earlier failures left. */
function beginAnew(facts: ModuleFacts): void {
  facts.finished = false;
  facts.restartCount = 0;
  facts.lastError = null;
}
