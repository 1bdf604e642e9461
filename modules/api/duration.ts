/** For modules' own params: durations as they are written everywhere in the configuration. */
export { durationMs } from '../../config/units.ts';
