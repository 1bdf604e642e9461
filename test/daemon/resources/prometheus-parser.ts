// The text exposition format 0.0.4 read character by character, by its documentation alone:
// https://prometheus.io/docs/instrumenting/exposition_formats/
import type { MetricFamilies } from '../../../rpc/shapes-resources.ts';

interface Family {
  type: 'gauge' | 'counter';
  help: string;
  values: { labels: Record<string, string>; value: number }[];
}

/** Throws for what Prometheus would refuse. */
export function parsePrometheus(text: string): MetricFamilies {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line must end in a newline');
  const families: Record<string, Family> = {};
  const helps = new Map<string, string>();
  for (const line of text.split('\n').slice(0, -1)) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) ?([^]*)$/.exec(line);
    if (comment) {
      const [, kind, name = '', rest = ''] = comment;
      if (kind === 'HELP') helps.set(name, unescape(rest, false));
      else if (name in families) throw new Error(`a second TYPE of ${name}`);
      else if (rest !== 'gauge' && rest !== 'counter') throw new Error(`no such type: ${rest}`);
      else families[name] = { type: rest, help: helps.get(name) ?? '', values: [] };
      continue;
    }
    const { name, labels, value } = parseSample(line);
    const family = families[name];
    if (!family) throw new Error(`${name} came before its TYPE`);
    family.values.push({ labels, value });
  }
  return families;
}

function parseSample(line: string): {
  name: string;
  labels: Record<string, string>;
  value: number;
} {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0];
  if (name === undefined) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  let at = name.length;
  if (line[at] === '{') {
    at += 1;
    while (line[at] !== '}') {
      const label = /^[a-zA-Z_][a-zA-Z0-9_]*/.exec(line.slice(at))?.[0];
      if (label === undefined || label in labels) throw new Error(`no label at ${at}: ${line}`);
      at += label.length;
      if (line.slice(at, at + 2) !== '="') throw new Error(`no value at ${at}: ${line}`);
      const end = endOfQuoted(line, at + 2);
      labels[label] = unescape(line.slice(at + 2, end), true);
      at = end + 1;
      if (line[at] === ',') at += 1;
      else if (line[at] !== '}') throw new Error(`no "," or "}" at ${at}: ${line}`);
    }
    at += 1;
  }
  const written = line.slice(at);
  if (!/^ -?[0-9]/.test(written)) throw new Error(`no number: ${line}`);
  return { name, labels, value: Number(written) };
}

function endOfQuoted(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    if (line[at] === '\\') at += 1;
    else if (line[at] === '"') return at;
  }
  throw new Error(`a label without an end: ${line}`);
}

function unescape(text: string, inQuotes: boolean): string {
  let plain = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      plain += text.charAt(at);
      continue;
    }
    at += 1;
    const next = text[at];
    if (next === 'n') plain += '\n';
    else if (next === '\\' || (inQuotes && next === '"')) plain += next;
    else throw new Error(`no such escape: \\${next}`);
  }
  return plain;
}
