/**
 * Who waited for what: the pressure of every control group, which on a host with systemd is every service
 * and every container. docs.kernel.org/admin-guide/cgroup-v2.html, docs.kernel.org/accounting/psi.html.
 */
import path from 'node:path';
import { cgroupFolders } from '../../host/linux/cgroup-folders.ts';
import { asJsonList, type Gathered } from '../source.ts';
import { foldersIn, textOf } from './read.ts';

export type Figures = Readonly<Record<string, number>>;

interface GroupPressure {
  /** Null for the whole host, `/` for the topmost group, which may be a container's own. */
  readonly group: string | null;
  readonly pressure: Readonly<Record<string, Readonly<Record<string, Figures>>>>;
  readonly memoryBytes: number | null;
  readonly memoryEvents: Figures | null;
  readonly cpu: Figures | null;
}

const resources = ['cpu', 'memory', 'io'] as const;
const groupsMax = 2000;

export async function gatherGroupPressure(root: string, signal: AbortSignal): Promise<Gathered> {
  const host = await pressureIn(path.join(root, 'proc/pressure'), '', signal);
  const top = await topGroup(root, signal);
  const whole = { group: null, pressure: host, memoryBytes: null, memoryEvents: null, cpu: null };
  const groups: GroupPressure[] = [whole];
  // Those of one depth before those below, so that what is left out of too many is the finest.
  const folders = top === null ? [] : [top];
  for (const folder of folders) {
    if (signal.aborted) break;
    groups.push(await groupIn(folder, path.relative(top ?? '', folder), signal));
    for (const name of await foldersIn(folder, signal))
      if (folders.length < groupsMax) folders.push(path.join(folder, name));
  }
  if (groups.length === 1 && Object.keys(host).length === 0) {
    signal.throwIfAborted();
    throw new Error('this kernel tells no pressure, neither of the host nor of control groups');
  }
  return { data: await asJsonList('groups', groups), note: noteOn(groups.length - 1, signal) };
}

/** Of lines such as `some avg10=0.12 avg60=0.00 avg300=0.00 total=4711`; total in microseconds. */
export function parsePressureLines(text: string): Readonly<Record<string, Figures>> {
  const lines = text.split('\n').map((line) => line.split(' '));
  return Object.fromEntries(
    lines.flatMap(([kind = '', ...fields]) => (kind === '' ? [] : [[kind, figures(fields, '=')]])),
  );
}

async function pressureIn(folder: string, suffix: string, signal: AbortSignal) {
  const found: [string, Readonly<Record<string, Figures>>][] = [];
  for (const resource of resources) {
    const text = await textOf(path.join(folder, `${resource}${suffix}`), signal);
    if (text !== null) found.push([resource, parsePressureLines(text)]);
  }
  return Object.fromEntries(found);
}

async function groupIn(folder: string, name: string, signal: AbortSignal): Promise<GroupPressure> {
  const bytes = Number.parseInt((await textOf(`${folder}/memory.current`, signal)) ?? '', 10);
  return {
    group: `/${name}`,
    pressure: await pressureIn(folder, '.pressure', signal),
    memoryBytes: Number.isNaN(bytes) ? null : bytes,
    memoryEvents: keyed(await textOf(`${folder}/memory.events`, signal)),
    cpu: keyed(await textOf(`${folder}/cpu.stat`, signal)),
  };
}

/** Where version 2 is mounted, alone or beside version 1. */
async function topGroup(root: string, signal: AbortSignal): Promise<string | null> {
  const mounts = await textOf(path.join(root, 'proc/self/mountinfo'), signal);
  const second = mounts?.split('\n').filter((line) => line.includes(' - cgroup2 '));
  const folder = cgroupFolders('cpu', '0::/', second?.join('\n') ?? null)?.folders.at(-1);
  return folder === undefined ? null : path.join(root, folder);
}

function keyed(text: string | null): Figures | null {
  return text === null ? null : figures(text.split('\n'), ' ');
}

function figures(fields: readonly string[], separator: string): Figures {
  const pairs = fields.map((field) => field.split(separator, 2));
  return Object.fromEntries(
    pairs.flatMap(([key = '', value]) => (value === undefined ? [] : [[key, Number(value)]])),
  );
}

function noteOn(count: number, signal: AbortSignal): string | null {
  if (signal.aborted) return `its time was up after ${count} groups`;
  return count >= groupsMax ? `there are more than the ${groupsMax} groups in it` : null;
}
