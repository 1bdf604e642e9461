/**
 * A URL for messages: without its query, in which signatures and keys travel, without user and
 * fragment, and not longer than a line.
 */
export function displayUrl(url: URL): string {
  const query = url.search === '' ? '' : '?…';
  return `${url.origin}${clipped(url.pathname, pathLengthMax)}${query}`;
}

const pathLengthMax = 200;
const excerptLengthMax = 200;

/** The beginning of what a server sent, on one line and with nothing that a terminal acts upon. */
export function excerpt(text: string): string {
  return text === '' ? 'nothing' : JSON.stringify(clipped(text, excerptLengthMax));
}

function clipped(text: string, lengthMax: number): string {
  return text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
}
