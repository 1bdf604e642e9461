/**
 * What PostgreSQL's programs get of the module's environment: not its link token nor the URL of the
 * database, but the mark by which the daemon finds everything of this launch.
 */
const passed = ['PATH', 'HOME', 'USER', 'TMPDIR', 'SystemRoot'];
const marks = ['SUPERBOT_HOME', 'SUPERBOT_MODULE', 'SUPERBOT_LAUNCH'];

/** Messages come in English: some are looked for, and all are shown. */
export function postgresEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = [...passed, ...marks].filter((name) => env[name] !== undefined);
  return { ...Object.fromEntries(names.map((name) => [name, env[name]])), LC_ALL: 'C', TZ: 'UTC' };
}
