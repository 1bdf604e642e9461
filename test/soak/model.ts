/** What must be wanted of each module after what was done, as far as that can be known. Pure. */
import type { Wanted } from '../../rpc/shapes.ts';
import type { Call } from './steps.ts';

/** `unsure`: calls raced, or nobody was told whether one was carried out. */
export type Claim = Wanted | 'unsure';

export type Outcome =
  | { readonly kind: 'answered' }
  /** An error of the contract. */
  | { readonly kind: 'refused'; readonly code: number }
  /** The daemon died before it answered. */
  | { readonly kind: 'closed' };

const startFailed = -32003;
const refused = -32007;
const notFound = -32002;

/** What one call leaves behind that ran by itself. */
function claimAfter(before: Claim, { method }: Call, outcome: Outcome): Claim {
  const asked = method === 'module.stop' ? 'down' : 'up';
  switch (outcome.kind) {
    case 'answered':
      return asked;
    case 'refused':
      if (outcome.code === refused || outcome.code === notFound) return before;
      return outcome.code === startFailed ? asked : 'unsure';
    case 'closed':
      return before === asked ? asked : 'unsure';
  }
}

/** What calls leave behind that ran side by side: known only where all would leave the same. */
export function claimAfterAll(before: Claim, calls: readonly [Call, Outcome][]): Claim {
  if (calls.length === 1) return claimAfter(before, ...calls[0]!);
  const possible = new Set(calls.map(([call, outcome]) => claimAfter(before, call, outcome)));
  const [only] = possible;
  return possible.size === 1 && only !== undefined ? only : 'unsure';
}
