/** Which of the venue's lists are walked through, and how. */
import type { MarketList } from '../venue/gamma.ts';

/** The busiest have thirty markets of 4 KB each, and the text of a page is parsed in one go. */
const eventsPerPage = 20;
/** What the venue gives at most. */
const marketsPerPage = 100;

/** The busiest first: where a limit ends the walk, it is the quiet ones that are left out. */
export const busiestOpen: MarketList = {
  closed: false,
  order: 'volume',
  ascending: false,
  pageSize: eventsPerPage,
};

/** What has changed last comes first. */
export function lastUpdated(closed: boolean): MarketList {
  return { closed, order: 'updatedAt', ascending: false, pageSize: marketsPerPage };
}

/**
 * What has changed last is at the end, where a cursor waits for more: an event that is closed, and one
 * whose resolution is disputed or changed after that.
 */
export const closedByUpdate: MarketList = {
  closed: true,
  order: 'updatedAt',
  ascending: true,
  pageSize: eventsPerPage,
};

/** An order in which nothing moves. */
export const closedById: MarketList = { ...closedByUpdate, order: 'id' };

/** No list is longer; one that seems to be has no end. */
export const pagesMax = 5000;
