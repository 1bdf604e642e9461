/** What is typed while the watch screen is shown. Pure. */
export type Key = 'quit' | 'refresh' | 'events' | 'history' | 'interrupt' | 'suspend';

const keys: ReadonlyMap<string, Key> = new Map([
  ['q', 'quit'],
  ['r', 'refresh'],
  ['e', 'events'],
  ['h', 'history'],
  // In raw mode the terminal makes no signals of these.
  ['\u0003', 'interrupt'],
  ['\u000c', 'refresh'],
  ['\u001a', 'suspend'],
]);

// Arrows and their like would else count as what their last letters are.
const escapeSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?/gs; // eslint-disable-line no-control-regex

/** @param typed what came in one read, which may be several keys */
export function keysOf(typed: string): Key[] {
  return Array.from(typed.replace(escapeSequence, '')).flatMap(
    (character) => keys.get(character.toLowerCase()) ?? [],
  );
}
