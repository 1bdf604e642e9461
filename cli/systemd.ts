/** systemd as its own tools show it: is it there, which unit serves a home, may a unit start at boot. */
import { readdirSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '../rpc/system-error.ts';
import { CliError, exitStatus } from './failure.ts';
import { servesHome, unitNames, type UnitScope } from './systemd-unit.ts';

const toolTimeoutMs = 30_000;

export interface UnitFile {
  readonly scope: UnitScope;
  readonly name: string;
  readonly path: string;
}

export interface ToolResult {
  /** Null when the tool is not installed or did not end in time. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What of the caller's environment goes into a unit. */
export function callersEnvironment(): {
  readonly env: NodeJS.ProcessEnv;
  readonly searchPath: string;
  /** Of who asks, through sudo or not. */
  readonly uid: number;
} {
  const { env } = process;
  const uid = Number(env['SUDO_UID'] ?? process.getuid?.() ?? 0);
  return { env, searchPath: env['PATH'] ?? '', uid };
}

/** Where units of this scope are written (systemd.unit(5)). */
function unitFolder(scope: UnitScope): string {
  if (scope === 'system') return '/etc/systemd/system';
  const config = callersEnvironment().env['XDG_CONFIG_HOME'];
  const root = config === undefined || config === '' ? join(homedir(), '.config') : config;
  return join(root, 'systemd', 'user');
}

/** The unit of the scope that serves the home; null when none does. */
export function installedUnit(scope: UnitScope, home: string): UnitFile | null {
  const folder = unitFolder(scope);
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    if (servesHome(readUnit(path) ?? '', home)) return { scope, name, path };
  }
  return null;
}

/** Where the home's unit is or may be written, without taking another home's place. */
export function unitFor(scope: UnitScope, home: string): UnitFile {
  const installed = installedUnit(scope, home);
  if (installed !== null) return installed;
  const folder = unitFolder(scope);
  const [short, long] = unitNames(home);
  const name = readUnit(join(folder, short)) === null ? short : long;
  return { scope, name, path: join(folder, name) };
}

/** `systemctl` of the scope, without questions. */
export async function systemctl(scope: UnitScope, ...args: string[]): Promise<ToolResult> {
  const manager = scope === 'user' ? ['--user'] : [];
  return runTool('systemctl', [...manager, '--no-ask-password', ...args]);
}

/** Whether a systemd of this scope runs and can be reached. */
export async function isSystemdThere(scope: UnitScope): Promise<boolean> {
  const { stdout } = await systemctl(scope, 'is-system-running');
  // "degraded", with exit status 1, when any unit at all has failed: it works nevertheless.
  return /^(initializing|starting|running|degraded|maintenance|stopping)$/.test(stdout.trim());
}

/** As `systemctl`, but rejects with what it said when it fails. */
export async function requireSystemctl(scope: UnitScope, ...args: string[]): Promise<void> {
  const { status, stdout, stderr } = await systemctl(scope, ...args);
  if (status === 0) return;
  const command = systemctlCommand(scope, ...args);
  throw new CliError(
    exitStatus.failed,
    `"${command}" failed (${status ?? 'not run'}): ${(stderr || stdout).trim() || 'it said nothing'}`,
  );
}

/** The command line that a person types. */
export function systemctlCommand(scope: UnitScope, ...args: string[]): string {
  return ['systemctl', ...(scope === 'user' ? ['--user'] : []), ...args].join(' ');
}

/**
 * Whether this user's units run from boot to shutdown rather than while somebody is logged in; null
 * when that cannot be learned.
 */
export async function lingers(): Promise<boolean | null> {
  const user = userInfo().username;
  const { status, stdout } = await runTool('loginctl', ['show-user', user, '--property=Linger']);
  // logind knows nobody who neither lingers nor is logged in.
  if (status === 1) return false;
  return status === 0 ? stdout.trim() === 'Linger=yes' : null;
}

async function runTool(program: string, args: readonly string[]): Promise<ToolResult> {
  // Loaded here, because every other command would pay some 5 ms of start-up for it.
  const { execFile } = await import('node:child_process');
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: toolTimeoutMs }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({
        status,
        stdout,
        stderr: stderr || (status === null ? (error?.message ?? '') : ''),
      });
    });
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^superbot.*\.service$/.test(name));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Null where there is none for us. */
function readUnit(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  // A folder that is closed to us holds no unit that we could use; a link may lead to nothing.
  return hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES');
}
