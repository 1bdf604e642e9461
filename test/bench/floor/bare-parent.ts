// The floor of everything that SuperBot does with children: a Node program that spawns them with
// piped output, reads what they print, and respawns them on `exit`, with nothing else around it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export type Order =
  | { readonly order: 'start'; readonly count: number; readonly respawn: boolean }
  | { readonly order: 'stop' };

const children: ChildProcess[] = [];
let isRespawning = false;

process.on('message', (message: Order) => {
  const done = message.order === 'start' ? start(message) : stop();
  void done.then(() => process.send?.('done'));
});
process.on('disconnect', () => {
  for (const child of children) child.kill('SIGKILL');
  process.exit();
});

async function start({ count, respawn }: Order & { order: 'start' }): Promise<void> {
  isRespawning = respawn;
  await Promise.all(Array.from({ length: count }, (_, i) => spawnOne(i)));
}

async function spawnOne(index: number): Promise<void> {
  const child = spawn('sleep', ['100000'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], SUPERBOT_LAUNCH: `bare${index}:` },
  });
  child.stdout.resume();
  child.stderr.resume();
  children[index] = child;
  child.once('exit', () => {
    if (isRespawning) void spawnOne(index);
  });
  await once(child, 'spawn');
}

async function stop(): Promise<void> {
  isRespawning = false;
  const ends = children.map((child) => once(child, 'exit'));
  for (const child of children) child.kill();
  await Promise.all(ends);
  children.length = 0;
}
