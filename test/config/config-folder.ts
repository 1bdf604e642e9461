/** A real configuration directory in a fresh folder, removed after each test. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'mocha';
import { loadConfig } from '../../config/load.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { formatProblem } from '../../config/problems.ts';

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function freshFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'superbot-config-')));
  made.push(folder);
  return folder;
}

/** `<fresh folder>/config` holding these files. */
export function configDirWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const dir = join(freshFolder(), 'config');
  mkdirSync(dir);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
  return dir;
}

export function load(yaml: string, env: Record<string, string> = {}, dotEnv = ''): LoadedConfig {
  return loadConfig({ configDir: configDirWith({ 'daemon.yaml': yaml, '.env': dotEnv }), env });
}

/** The loaded configuration; throws with its problems when there are any. */
export function loaded(
  yaml: string,
  env: Record<string, string> = {},
  dotEnv = '',
): Extract<LoadedConfig, { ok: true }> {
  const result = load(yaml, env, dotEnv);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result;
}

/** The problem lines, without the folder. */
export function problemLines(result: LoadedConfig): string[] {
  if (result.ok) return [];
  return result.problems.map((problem) =>
    formatProblem({ ...problem, file: problem.file.replace(/^.*[/\\]/, '') }),
  );
}
