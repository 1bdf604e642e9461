/**
 * What may be shown of an address: scheme, host and port. Paths carry listen keys, queries carry
 * tokens, and some addresses a password.
 */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}`;
}

/** Shorter ones would also hide ordinary words: `v=3`. */
const secretLengthMin = 6;

/** What a server may say back to us of a request, and nobody else shall read. */
export function secretsOf(url: URL, headers: Readonly<Record<string, string>>): readonly string[] {
  const ofPath = url.pathname.split('/');
  const ofHeaders = Object.values(headers).flatMap((value) => [value, ...value.split(' ')]);
  const plain = [url.username, url.password, ...ofPath, ...url.searchParams.values(), ...ofHeaders];
  const all = plain.flatMap((secret) => [secret, decoded(secret), encodeURIComponent(secret)]);
  const long = new Set(all.filter(({ length }) => length >= secretLengthMin));
  return [...long].sort((a, b) => b.length - a.length);
}

/** The text of a stranger, in one short line without control characters and without the secrets. */
export function shownText(text: string, secrets: readonly string[], lengthMax: number): string {
  let shown = text;
  for (const secret of secrets) shown = shown.replaceAll(secret, '[hidden]');
  // eslint-disable-next-line no-control-regex -- they are what is taken out
  shown = shown.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\s]+/g, ' ').trim();
  return shown.length > lengthMax ? `${shown.slice(0, lengthMax)}…` : shown;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
