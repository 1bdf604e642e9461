/**
 * What the topics of events look like. A topic is dotted words; in a pattern `*` stands for one of
 * them and `**` for any number, none included.
 */

/** Of a topic and of a pattern. */
export const segmentsMax = 16;
export const topicLengthMax = 255;

const word = '[A-Za-z0-9_/-]+';
const wordOrWildcard = `(?:${word}|\\*\\*?)`;

export const topicPattern = dotted(word);
export const subscribablePattern = dotted(wordOrWildcard);

export function isTopic(text: string): boolean {
  return text.length <= topicLengthMax && topicPattern.test(text);
}

export function isSubscribable(text: string): boolean {
  return text.length <= topicLengthMax && subscribablePattern.test(text);
}

/** What the daemon publishes. */
export const daemonTopics: readonly string[] = [
  ...dottedAll('system', ['ready', 'shutdown', 'alert', 'pause', 'loop_lag', 'cache.changed']),
  ...dottedAll('config', ['reloaded', 'rejected']),
  ...dottedAll('module', ['starting', 'ready', 'started', 'stopping', 'stopped', 'crashed']),
  ...dottedAll('module', ['restarting', 'restarted', 'failed', 'import_failed', 'adopted']),
  ...dottedAll('module', ['healthy', 'degraded', 'unhealthy']),
  ...dottedAll('schedule', ['fired', 'missed', 'skipped', 'failed']),
];

/** First words of topics that the daemon alone publishes under. */
const daemonWords: ReadonlySet<string> = new Set(['system', 'module', 'config', 'schedule']);

const fleetingTopics: ReadonlySet<string> = new Set(['system.cache.changed', 'stress.sample']);

/** Whether only the daemon may publish it. */
export function isDaemonTopic(topic: string): boolean {
  const dot = topic.indexOf('.');
  return daemonWords.has(dot === -1 ? topic : topic.slice(0, dot));
}

/**
 * Whether it is of use only to those who hear it at once, or is kept by whoever publishes it. No history
 * keeps such events, in which there may be thousands of them to each that somebody will ask for.
 */
export function isFleetingTopic(topic: string): boolean {
  return fleetingTopics.has(topic);
}

function dottedAll(first: string, seconds: readonly string[]): string[] {
  return seconds.map((second) => `${first}.${second}`);
}

function dotted(segment: string): RegExp {
  return new RegExp(`^${segment}(?:\\.${segment}){0,${segmentsMax - 1}}$`);
}
