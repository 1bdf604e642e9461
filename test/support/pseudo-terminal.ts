/**
 * A program on a terminal of its own. Python makes it, since Node cannot: a pseudo-terminal of a given
 * size, keys typed into it, and at the end the terminal's modes compared with those before.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { TerminalScreen } from './terminal-screen.ts';

export interface TerminalEnd {
  /** As a shell has it: 128 and the signal's number for a signal. */
  readonly status: number;
  /** The terminal echoes and edits lines as it did before the program ran. */
  readonly isRestored: boolean;
}

// Orders come as lines of JSON on its stdin: text that is typed, a new size, a signal.
const driver = `
import fcntl, json, os, select, signal, struct, subprocess, sys, termios
def size(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
master, slave = os.openpty()
size(slave, int(sys.argv[1]), int(sys.argv[2]))
before = termios.tcgetattr(slave)
def own():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
child = subprocess.Popen(sys.argv[3:], stdin=slave, stdout=slave, stderr=slave, preexec_fn=own)
reading, sources = b'', [master, 0]
while True:
    ready = select.select(sources, [], [], 0.02)[0]
    if master in ready:
        os.write(1, os.read(master, 65536))
    if 0 in ready:
        got = os.read(0, 65536)
        if not got:
            sources = [master]
        reading += got
        *orders, reading = reading.split(b'\\n')
        for order in map(json.loads, orders):
            if 'text' in order: os.write(master, order['text'].encode())
            if 'size' in order: size(master, *order['size'])
            if 'signal' in order: os.kill(child.pid, order['signal'])
    if not ready and child.poll() is not None:
        break
code = child.returncode
end = {'status': code if code >= 0 else 128 - code, 'isRestored': termios.tcgetattr(slave) == before}
sys.stderr.write(json.dumps(end))
`;

const lookDeadlineMs = 30_000;

export class PseudoTerminal {
  readonly screen: TerminalScreen;
  readonly #driver: ChildProcess;
  readonly ended: Promise<TerminalEnd>;

  constructor(
    command: readonly string[],
    options: {
      readonly columns: number;
      readonly rows: number;
      readonly env: Readonly<Record<string, string>>;
    },
  ) {
    const { columns, rows, env } = options;
    this.screen = new TerminalScreen(rows);
    const args = ['-c', driver, String(columns), String(rows), ...command];
    this.#driver = spawn('python3', args, { env: { PATH: '/usr/bin:/bin', ...env } });
    this.#driver.stdout!.setEncoding('utf8').on('data', (part: string) => this.screen.take(part));
    this.ended = this.#end();
  }

  type(keys: string): void {
    this.#order({ text: keys });
  }

  resize(columns: number, rows: number): void {
    this.screen.rows = rows;
    this.#order({ size: [columns, rows] });
  }

  signal(number: number): void {
    this.#order({ signal: number });
  }

  /** Resolves when the screen fits, of whole pictures; rejects with what it shows after a while. */
  async shows(what: string, fits: (screen: TerminalScreen) => boolean): Promise<void> {
    const signal = AbortSignal.timeout(lookDeadlineMs);
    try {
      while (this.screen.isBeingDrawn || !fits(this.screen)) {
        await once(this.#driver.stdout!, 'data', { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Error(`the terminal never showed ${what}:\n${this.screen.text()}`, {
        cause: error,
      });
    }
  }

  /** For the end of a test, however it went. */
  kill(): void {
    this.#driver.kill('SIGKILL');
  }

  #order(order: object): void {
    this.#driver.stdin!.write(`${JSON.stringify(order)}\n`);
  }

  async #end(): Promise<TerminalEnd> {
    const said = await text(this.#driver.stderr!);
    return JSON.parse(said) as TerminalEnd;
  }
}
