/**
 * What the stress commands show with. They load it when one of them runs: in the bundled program it is
 * a file of its own (bundle.mjs), with copies of its own of what it imports, so it must not import
 * what has an identity, such as the classes of errors. What it needs of that it is given.
 */
export { showEvent, showEvents } from './event-view.ts';
export { historySpan, showChart, showTable, wantedOf, writeRows } from './history.ts';
export { showStressStatus } from './status-view.ts';
export { watchStress } from './watch/watch.ts';
