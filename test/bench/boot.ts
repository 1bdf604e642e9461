import { DaemonProcess } from '../support/programs.ts';
import { TestHome } from '../support/superbot.ts';
import { wallMs } from './cli.ts';
import { compare, type Figure } from './measure.ts';

const rounds = 15;
/** Those of `daemon start` and `npm start`; under others V8 refuses the code cache. */
const nodeFlags = ['--max-semi-space-size=2', '--min-semi-space-size=2'];

/** From nothing to the first answer of `daemon.status`: both processes, lock, configuration. */
export async function boot(): Promise<Figure[]> {
  const home = new TestHome({});
  home.env['SUPERBOT_BACKGROUND'] = '1';
  try {
    const measured = await compare(
      rounds,
      () => firstAnswerMs(home),
      () => wallMs(['-e', '0'], home.env),
    );
    const target = { kind: 'ratio_max', limit: 5 } as const;
    return [{ what: 'daemon and keeper start / `node -e 0`', unit: 'ms', ...measured, target }];
  } finally {
    await home.dispose();
  }
}

async function firstAnswerMs(home: TestHome): Promise<number> {
  const startedMs = performance.now();
  const daemon = await new DaemonProcess([], { env: home.env, nodeFlags }).ready();
  const client = await home.rpc();
  await client.call('daemon.status');
  const ms = performance.now() - startedMs;
  client.destroy();
  await daemon.stop();
  return ms;
}
