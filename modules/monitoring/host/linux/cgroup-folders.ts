/**
 * Where the control groups of this process are: cgroups(7). A limit of any of them, or of a group
 * around it, holds. Version 1, version 2, and both side by side (each controller is in one of them).
 * Pure.
 */

export interface CgroupFolders {
  readonly version: 1 | 2;
  /** This process's own first, then those around it, as far as they can be seen from here. */
  readonly folders: readonly string[];
}

export type Controller = 'cpu' | 'memory';

/**
 * @param groups `/proc/self/cgroup`
 * @param mounts `/proc/self/mountinfo`
 * @returns the version 1 hierarchy of the controller where it is mounted, else that of version 2
 */
export function cgroupFolders(
  controller: Controller,
  groups: string | null,
  mounts: string | null,
): CgroupFolders | null {
  const all = mountsOf(mounts ?? '');
  const one = all.filter(({ type, options }) => type === 'cgroup' && options.includes(controller));
  const version = one.length > 0 ? 1 : 2;
  const places = version === 1 ? one : all.filter(({ type }) => type === 'cgroup2');
  const path = pathOf(groups ?? '', version === 1 ? controller : '');
  if (path === null) return null;
  // A mount hides an earlier one at its place; others show parts that are not ours.
  const mount = places.findLast(({ root }) => isWithin(root, path)) ?? places[0];
  return mount ? { version, folders: upFrom(mount, path) } : null;
}

interface Mount {
  /** Which group it shows at its top. */
  readonly root: string;
  readonly folder: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** `31 23 0:28 ROOT FOLDER rw,relatime … - TYPE SOURCE OPTIONS`: proc_pid_mountinfo(5). */
function mountsOf(text: string): Mount[] {
  return text.split('\n').flatMap((line): Mount[] => {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , root = '', folder = ''] = left.split(' ').map(unescape);
    const [type = '', , options = ''] = right.split(' ');
    return type.startsWith('cgroup') ? [{ root, folder, type, options: options.split(',') }] : [];
  });
}

/** Spaces and the like are octal there. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** Of lines such as `4:cpu,cpuacct:/a/b`, and `0::/a/b` for version 2. */
function pathOf(groups: string, controller: Controller | ''): string | null {
  for (const line of groups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path !== undefined && controllers?.split(',').includes(controller)) return path;
  }
  return null;
}

/**
 * A mount that shows only a part of the hierarchy has it at its top, and what is above cannot be
 * seen; nor can a group beside it, so then its top is the best that there is.
 */
function upFrom({ root, folder }: Mount, path: string): string[] {
  const names = isWithin(root, path) ? namesOf(path).slice(namesOf(root).length) : [];
  return names
    .map((_, index) => [folder, ...names.slice(0, names.length - index)].join('/'))
    .concat(folder);
}

/** `/..` in front of it: it is outside of what our namespace shows. */
function isWithin(root: string, path: string): boolean {
  const names = namesOf(path);
  return !names.includes('..') && namesOf(root).every((name, index) => names[index] === name);
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}
