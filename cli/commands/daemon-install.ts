import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { chooseConfigDir } from '../../config/paths.ts';
import { checkConfig } from '../config-check.ts';
import { sessionHome, withDaemonIfAny } from '../connect.ts';
import { daemonProgram } from '../daemon-launch.ts';
import { stopDaemon } from '../daemon-stop.ts';
import { CliError, exitStatus } from '../failure.ts';
import type { RunCommand, Session } from '../session.ts';
import {
  callersEnvironment,
  installedUnit,
  isSystemdThere,
  lingers,
  requireSystemctl,
  systemctl,
  systemctlCommand,
  unitFor,
  type UnitFile,
} from '../systemd.ts';
import { unitText, type UnitScope } from '../systemd-unit.ts';
import { parseDuration } from '../time.ts';
import { awaitUnitsDaemon, isDown } from '../unit-daemon.ts';

interface ScopeOptions {
  readonly system?: boolean;
  readonly now?: boolean;
}

interface InstallOptions extends ScopeOptions {
  readonly print?: boolean;
  readonly config?: string;
}

/** `daemon install|uninstall` */
export function addInstallCommands(group: Command, run: RunCommand): void {
  const systemHelp = "of the machine rather than of this user's login (needs root)";
  group
    .command('install')
    .description('have systemd run the daemon from boot on')
    .option('--system', `a unit ${systemHelp}`)
    .option('--now', 'start it as well')
    .option('--print', 'print the unit and touch nothing')
    .option('--config <dir>', 'directory of the configuration')
    .action((options: InstallOptions, command: Command) =>
      run(command, (session) => install(session, options)),
    );
  group
    .command('uninstall')
    .description('undo "daemon install"; what is in the home stays')
    .option('--system', `the unit ${systemHelp}`)
    .option('--now', 'stop daemon and modules first, if they run')
    .action((options: ScopeOptions, command: Command) =>
      run(command, (session) => uninstall(session, options)),
    );
}

async function install(session: Session, options: InstallOptions): Promise<void> {
  const { output } = session;
  const scope = scopeOf(options);
  const home = sessionHome(session.options);
  const unit = unitFor(scope, home);
  const text = await textOf(session, scope, home, options.config);
  if (options.print === true) {
    output.answer({ unit: unit.name, path: unit.path, text }, () => output.write(text));
    return;
  }
  await requireSystemd(unit, 'install');
  if (options.now === true) await requireNoOtherDaemon(session, unit, home);
  writeUnit(unit.path, text);
  await requireSystemctl(scope, 'daemon-reload');
  await requireSystemctl(scope, 'enable', unit.name);
  if (options.now === true) {
    await requireSystemctl(scope, 'start', unit.name);
    await awaitUnitsDaemon(session, unit);
  }
  if (scope === 'user') await warnUnlessLingering();
  output.answer({ unit: unit.name, path: unit.path, text }, () => {
    const next = `start it with: ${systemctlCommand(scope, 'start', unit.name)}`;
    output.done(`daemon  installed  (${unit.path})`);
    output.note(options.now === true ? 'it runs' : `it starts at the next boot; ${next}`);
  });
}

async function uninstall(session: Session, options: ScopeOptions): Promise<void> {
  const { output } = session;
  const scope = scopeOf(options);
  const unit = installedUnit(scope, sessionHome(session.options));
  if (unit !== null) {
    await requireSystemd(unit, 'uninstall');
    if (options.now === true) await stopDaemon(session, { keepModules: false });
    else if (!(await isDown(unit))) {
      throw new CliError(
        exitStatus.refused,
        `${unit.name} runs, and without it nobody would start the daemon again — stop it with "superbot-cli daemon stop", or say --now to stop daemon and modules along the way`,
      );
    }
    await requireSystemctl(scope, 'disable', '--now', unit.name);
    rmSync(unit.path, { force: true });
    await requireSystemctl(scope, 'daemon-reload');
  }
  output.answer({ removed: unit?.path ?? null }, () =>
    output.done(`daemon  uninstalled  (${unit?.path ?? 'was not installed'})`),
  );
}

function scopeOf({ system = false }: ScopeOptions): UnitScope {
  return system ? 'system' : 'user';
}

async function textOf(
  session: Session,
  scope: UnitScope,
  home: string,
  config: string | undefined,
): Promise<string> {
  const { env, searchPath, uid } = callersEnvironment();
  const choice = chooseConfigDir({ config, env, home, workingDir: process.cwd() });
  // These two are found again at each start, wherever the package and the home then are.
  const isFound = choice.source === 'home' || choice.source === 'shipped';
  return unitText({
    scope,
    ...daemonProgram(),
    home,
    configDir: isFound ? null : choice.dir,
    searchPath,
    shutdownTimeoutMs: await shutdownTimeout(session, home, choice.dir),
    uid: scope === 'system' ? ownerOf(home, uid) : null,
  });
}

/** Also proves that the configuration can be used: a unit that cannot start is no use at boot. */
async function shutdownTimeout(session: Session, home: string, dir: string): Promise<number> {
  const options = { ...session.options, home };
  const judged = await checkConfig({ ...session, options }, ['--print', '--config', dir]);
  if (!judged.isValid) {
    const problems = judged.stderr.split('\n').filter((line) => line !== '');
    throw new CliError(exitStatus.failed, 'the configuration is not valid', null, { problems });
  }
  const printed = JSON.parse(judged.stdout) as { daemon: { shutdown: { timeout: unknown } } };
  const timeoutMs = parseDuration(printed.daemon.shutdown.timeout);
  if (timeoutMs !== null) return timeoutMs;
  throw new Error('superbot --check printed no daemon.shutdown.timeout — reinstall superbot');
}

/** The daemon refuses a home that is not its own; one that is not made yet belongs to who asks. */
function ownerOf(home: string, asking: number): number | null {
  const uid = statSync(home, { throwIfNoEntry: false })?.uid ?? asking;
  return uid === 0 ? null : uid;
}

async function requireSystemd({ scope, name }: UnitFile, verb: string): Promise<void> {
  if (await isSystemdThere(scope)) return;
  const advice =
    scope === 'user'
      ? 'log in as this user itself (not through su), or use --system as root; where there is no systemd, as in most containers, run "superbot" in the foreground'
      : 'where there is no systemd, as in most containers, run "superbot" in the foreground';
  throw new CliError(
    exitStatus.failed,
    `cannot ${verb} ${name}: ${systemctlCommand(scope, 'is-system-running')} finds no systemd — ${advice}; --print shows the unit`,
  );
}

async function requireNoOtherDaemon(session: Session, unit: UnitFile, home: string): Promise<void> {
  const { status } = await systemctl(unit.scope, 'is-active', '--quiet', unit.name);
  if (status === 0) return;
  const running = await withDaemonIfAny(session, (daemon) => daemon.call('daemon.status', {}));
  if (running === null) return;
  throw new CliError(
    exitStatus.refused,
    `a daemon (pid ${running.pid}) that systemd did not start has "${home}" — stop it first: superbot-cli daemon stop`,
  );
}

/** systemd may read it at any moment, and a power loss leaves the old one or the new one. */
function writeUnit(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  const file = openSync(temporary, 'w', 0o644);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

/** On stderr even with --quiet: a daemon that ends with the login is a surprise at 3 a.m. */
async function warnUnlessLingering(): Promise<void> {
  const lingering = await lingers();
  if (lingering === true) return;
  const user = userInfo().username;
  const known = lingering === null ? 'may be off' : 'is off';
  process.stderr.write(
    `WARNING: lingering ${known} for ${user}: the daemon and all modules will be stopped at the last\n` +
      `logout, and start at the next login rather than at boot. Turn it on with:\n\n` +
      `  loginctl enable-linger ${user}\n\n`,
  );
}
