/** For modules, which import from here alone: how long to wait before the next attempt. */
export { type Backoff, backoffMs } from '../../rpc/backoff.ts';
