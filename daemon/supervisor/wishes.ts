/** What is asked of a module, written into what is remembered of it. */
import type { ModuleParams } from '../../rpc/shapes.ts';
import type { ModuleFacts } from './facts.ts';

export type Wish =
  /** Over the configuration's params; null for those alone. */
  | { readonly kind: 'up'; readonly params: ModuleParams | null }
  | { readonly kind: 'down' }
  /** It is to stay down until an operator starts it. */
  | { readonly kind: 'halt'; readonly why: string };

export function writeDown(wish: Wish, facts: ModuleFacts): void {
  facts.operator = wish.kind === 'up' ? 'up' : 'down';
  switch (wish.kind) {
    case 'up':
      facts.halted = false;
      facts.finished = false;
      facts.paramsOverride = wish.params;
      // What earlier failures left.
      facts.restartCount = 0;
      facts.lastError = null;
      break;
    case 'down':
      // The next start has its own params, or the configuration's.
      facts.paramsOverride = null;
      break;
    case 'halt':
      facts.halted = true;
      facts.lastError = wish.why;
  }
}
