/** The systemd unit of a home's daemon: its name, its text, and how paths are written in it. */

export type UnitScope = 'user' | 'system';

export interface UnitFacts {
  readonly scope: UnitScope;
  /** Absolute. */
  readonly node: string;
  readonly nodeFlags: readonly string[];
  /** The daemon's main program, absolute. */
  readonly program: string;
  readonly home: string;
  /** Null where the daemon is to look for it by itself at each start. */
  readonly configDir: string | null;
  /** The PATH in which modules find their programs. */
  readonly searchPath: string;
  /** `daemon.shutdown.timeout`. */
  readonly shutdownTimeoutMs: number;
  /** Of a system unit: whose processes daemon and modules are; null for root. */
  readonly uid: number | null;
}

/** What the daemon exits with to be started again while its modules stay (EX_TEMPFAIL). */
const handOverStatus = 75;
/** Of a daemon that was told twice to stop. */
const interruptedStatus = 130;
/** What the daemon needs beyond its modules' time: SIGKILL, the last look, the state file. */
const stopSlackSeconds = 15;

/**
 * The unit as systemd.service(5) has it. Modules and their keeper are in the unit's cgroup beside the
 * daemon: systemd signals the daemon alone, and the daemon ends them.
 */
export function unitText(facts: UnitFacts): string {
  const isUser = facts.scope === 'user';
  const words = [
    ...facts.nodeFlags,
    facts.program,
    '--home',
    facts.home,
    ...(facts.configDir === null ? [] : ['--config', facts.configDir]),
  ];
  const command = [programWords(facts.node), ...words.map(quoteArgument)].join(' ');
  const stopSeconds = Math.ceil(facts.shutdownTimeoutMs / 1000) + stopSlackSeconds;
  const lines = [
    '# Written by "superbot-cli daemon install", which replaces it as a whole: put changes of your own',
    '# into a drop-in (systemctl edit).',
    '[Unit]',
    `Description=SuperBot daemon of ${percent(oneLine(facts.home))}`,
    ...(isUser ? [] : ['Wants=network-online.target', 'After=network-online.target']),
    '# However often it fails, it is tried again: without a daemon nobody watches the modules.',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    ...(facts.uid === null ? [] : [`User=${facts.uid}`]),
    `ExecStart=${command}`,
    'Environment=SUPERBOT_SYSTEMD=1',
    `Environment=${quoteWord(`PATH=${facts.searchPath}`)}`,
    '# SIGTERM goes to the daemon, which stops the modules. When it dies they run on, and the next one',
    '# takes them over.',
    'KillMode=process',
    `TimeoutStopSec=${stopSeconds}`,
    'Restart=on-failure',
    'RestartSec=1',
    '# "daemon restart --keep-modules": the daemon leaves its modules to the next one.',
    `RestartForceExitStatus=${handOverStatus}`,
    `SuccessExitStatus=${handOverStatus}`,
    '# Told twice to stop.',
    `RestartPreventExitStatus=${interruptedStatus}`,
    '# A module that the kernel kills for its memory is restarted alone.',
    'OOMPolicy=continue',
    'Delegate=yes',
    '',
    '[Install]',
    `WantedBy=${isUser ? 'default.target' : 'multi-user.target'}`,
    '',
    '# systemd passes over sections that begin with X-.',
    '[X-SuperBot]',
    homeLine(facts.home),
  ];
  return `${lines.join('\n')}\n`;
}

/** Whether this is the text of the unit that serves the home. */
export function servesHome(text: string, home: string): boolean {
  return text.split('\n').includes(homeLine(home));
}

/**
 * The names under which a home's unit may stand, best first: the short one, and one that no other
 * home can have (systemd-escape(1) of its path).
 */
export function unitNames(home: string): readonly [string, string] {
  return ['superbot.service', `superbot-${escapePath(home)}.service`];
}

/** As `systemd-escape --path`: `/` becomes `-`, everything unusual `\xNN`. The path is absolute. */
export function escapePath(path: string): string {
  const inside = path.replace(/\/+/g, '/').replace(/^\/|\/$/g, '');
  if (inside === '') return '-';
  const escaped = [...Buffer.from(inside)].map((byte, index) => {
    const character = String.fromCharCode(byte);
    if (character === '/') return '-';
    const isPlain = /[A-Za-z0-9:_.]/.test(character) && !(index === 0 && character === '.');
    return isPlain ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return escaped.join('');
}

/** An argument of ExecStart: beside what is true of every word, `$` begins a variable there. */
export function quoteArgument(word: string): string {
  return quoteWord(word.replaceAll('$', '$$$$'));
}

/**
 * The program of ExecStart, in which systemd replaces specifiers but no variables. It takes none with
 * a quote, a backslash or a control character in its path, however written: those a shell starts.
 */
export function programWords(path: string): string {
  if (!/["'\\]/.test(path) && path.search(controls) === -1) return quoteWord(path);
  return ['/bin/sh', '-c', 'exec "$0" "$@"', path].map(quoteArgument).join(' ');
}

/** One word in double quotes (systemd.syntax(7), "Quoting"), `%` doubled against specifiers. */
export function quoteWord(word: string): string {
  const escaped = percent(word).replace(/["\\]/g, String.raw`\$&`);
  return `"${escaped.replace(controls, asHex)}"`;
}

// eslint-disable-next-line no-control-regex -- a path may hold any of them
const controls = /[\x00-\x1f\x7f]/g;

function asHex(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function homeLine(home: string): string {
  return `Home=${quoteWord(home)}`;
}

function percent(text: string): string {
  return text.replaceAll('%', '%%');
}

/** For a text that is only shown: a line break would end the setting, a backslash at its end join lines. */
function oneLine(text: string): string {
  return text.replace(controls, '?').replaceAll('\\', '/');
}
