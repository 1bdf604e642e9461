/** Markets and events as Gamma writes them, by number. */

export function wireMarket(number: number, change: object = {}): object {
  return {
    id: `${number}`,
    question: `Question ${number}?`,
    conditionId: conditionId(number),
    slug: `question-${number}`,
    marketType: 'normal',
    outcomes: '["Yes", "No"]',
    outcomePrices: '["0.6", "0.4"]',
    clobTokenIds: JSON.stringify(tokenIds(number)),
    active: true,
    closed: false,
    endDate: '2099-01-01T00:00:00Z',
    endDateIso: '2099-01-01',
    volume24hr: number,
    updatedAt: '2026-03-11T15:13:38.097738Z',
    ...change,
  };
}

export function wireEvent(number: number, markets: readonly unknown[]): object {
  return { id: `${number}`, slug: `event-${number}`, title: `Event ${number}`, volume: 1, markets };
}

export function conditionId(number: number): string {
  return `0x${number.toString(16).padStart(64, '0')}`;
}

/** 78 digits each. */
export function tokenIds(number: number): readonly [string, string] {
  return [`${10n ** 77n + BigInt(2 * number)}`, `${10n ** 77n + BigInt(2 * number + 1)}`];
}

/** Pages of a list, as Gamma gives them: the cursor is missing on the last one. */
export function keysetAnswer(
  kind: 'events' | 'markets',
  items: readonly unknown[],
  cursor: string | null,
  pageSize: number,
): object {
  const from = cursor === null ? 0 : Number(cursor.replace('after-', ''));
  const to = from + pageSize;
  const next = to < items.length ? { next_cursor: `after-${to}` } : {};
  return { [kind]: items.slice(from, to), ...next };
}
