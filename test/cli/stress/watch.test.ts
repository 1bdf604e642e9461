import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import { constants } from 'node:os';
import type { Caller } from '../../../rpc/caller.ts';
import { RpcError } from '../../../rpc/errors.ts';
import { PseudoTerminal } from '../../support/pseudo-terminal.ts';
import type { TerminalScreen } from '../../support/terminal-screen.ts';
import { whyNoPython } from '../../support/python.ts';
import { BundledCli } from '../bundle.ts';
import { at, historyRow, pauseEvent, stressStatus } from './samples.ts';

const colors = { red: 31, green: 32, yellow: 33 };
const alternateScreen = 1049;
const cursor = 25;

describe('superbot-cli stress watch', function () {
  const cli = new BundledCli();
  const noPython = whyNoPython();

  before(function () {
    if (noPython !== null) {
      this.test!.title += ` (skipped: ${noPython})`;
      this.skip();
    }
  });

  /** What the monitoring module says, and who has subscribed to its events. */
  class Host {
    total = 29;
    isAway = false;
    isStoreAway = false;
    #seq = 0;
    #watcher: Caller | null = null;

    readonly answers: Readonly<Record<string, () => unknown>> = {
      'stress.status': () => {
        if (this.isAway) throw new RpcError('notRunning', 'module "monitoring" is away');
        return stressStatus(this.total);
      },
      'stress.events': () => ({ events: [pauseEvent()] }),
      'stress.history': () => {
        if (this.isStoreAway) throw new RpcError('dependency', 'the database is away');
        return { rows: [historyRow(at, 12)], next: null };
      },
    };

    serve(): Promise<string[]> {
      const call = (method: string) => new Promise((resolve) => resolve(this.answers[method]?.()));
      return cli.serve(
        {
          'events.subscribe': (_params, caller) => {
            this.#watcher = caller;
            return { subscription: 's', seq: 0 };
          },
        },
        { claimed: { has: (method) => method in this.answers, call } },
      );
    }

    publish(topic: string): void {
      const event = {
        id: `e${this.#seq}`,
        seq: ++this.#seq,
        topic,
        data: null,
        time: at,
        source: 'm',
      };
      this.#watcher?.peer.notify('events.event', { subscription: 's', event });
    }

    /** The connection goes, as when the daemon ends. */
    drop(): void {
      this.#watcher?.peer.destroy();
    }
  }

  /** Its line, below the gauge and what became of it, is empty. */
  function hasNoProblem(screen: TerminalScreen): boolean {
    return screen.lines()[3] === '';
  }

  const terminals: PseudoTerminal[] = [];
  afterEach(() => {
    for (const terminal of terminals.splice(0)) terminal.kill();
  });

  async function watch(host: Host): Promise<PseudoTerminal> {
    const server = await host.serve();
    const terminal = new PseudoTerminal(
      [process.execPath, cli.program, ...server, 'stress', 'watch'],
      { columns: 100, rows: 30, env: { TERM: 'xterm' } },
    );
    terminals.push(terminal);
    await terminal.shows('the keys', (screen) => screen.text().includes('q quit'));
    expect(terminal.screen.modes.has(alternateScreen)).to.equal(true);
    expect(terminal.screen.modes.has(cursor)).to.equal(false);
    return terminal;
  }

  /** As it was before, to the last mode, with what was there before. */
  function expectRestored({ screen }: PseudoTerminal, end: { isRestored: boolean }): void {
    expect(end.isRestored, 'it echoes and edits lines').to.equal(true);
    expect([...screen.modes].sort()).to.deep.equal([cursor, 7].sort());
    expect(screen.text()).to.not.include('q quit');
  }

  it('changes the colour of its gauge at 30 and 60, and q restores the terminal (row 44)', async () => {
    const host = new Host();
    const terminal = await watch(host);
    const expected: [number, number][] = [
      [29, colors.green],
      [30, colors.yellow],
      [59, colors.yellow],
      [60, colors.red],
      [29, colors.green],
    ];
    for (const [total, color] of expected) {
      host.total = total;
      host.publish('stress.sample');
      await terminal.shows(`${total} in its colour`, (screen) => {
        const line = screen.lines().find((one) => one.startsWith('stress  ')) ?? '';
        return line.includes(`░ ${total}  `);
      });
      expect([...terminal.screen.colorsOf('█████')], String(total)).to.deep.equal([color]);
    }
    terminal.type('q');
    const end = await terminal.ended;
    expect(end.status).to.equal(0);
    expectRestored(terminal, end);
  });

  it('shows all events, and the last day as a chart, in the size that the terminal has by then', async () => {
    const terminal = await watch(new Host());
    terminal.type('e');
    await terminal.shows('the events', (screen) =>
      /ID +WHEN [^]* 7 .* pause [^]* e back/.test(screen.text()),
    );
    terminal.type('h');
    await terminal.shows('a chart', (screen) => screen.text().includes('1 pause, at most 1m 14s'));
    terminal.resize(70, 20);
    await terminal.shows('a narrow chart', (screen) =>
      screen.lines().some((line) => /^ {2}0 └─[─┬]{64}$/.test(line)),
    );
    expect(terminal.screen.lines()).to.have.length(20);
    terminal.type('h');
    await terminal.shows('the figures again', (screen) => screen.text().includes('memory   50 %'));
    terminal.type('q');
    expectRestored(terminal, await terminal.ended);
  });

  it('shows the host also while its store does not answer', async () => {
    const host = new Host();
    host.isStoreAway = true;
    const terminal = await watch(host);
    await terminal.shows('why', (screen) => screen.lines()[3] === 'the database is away');
    expect(terminal.screen.text()).to.include('load 16.0 on 8 cores: 29 of 40');
    host.isStoreAway = false;
    host.publish('stress.sample');
    await terminal.shows('the pause', (screen) => / 7 .* pause /.test(screen.text()));
    await terminal.shows('no problem', hasNoProblem);
    terminal.type('q');
    expectRestored(terminal, await terminal.ended);
  });

  it('tells why what it shows is old, and goes on when module and daemon are back', async () => {
    const host = new Host();
    const terminal = await watch(host);
    host.isAway = true;
    host.publish('stress.normal');
    await terminal.shows('that the module is away', (screen) =>
      screen.text().includes('module "monitoring" is away'),
    );
    host.isAway = false;
    host.publish('stress.sample');
    await terminal.shows('no problem', hasNoProblem);
    host.drop();
    await terminal.shows('a problem', (screen) => !hasNoProblem(screen));
    await terminal.shows('none', hasNoProblem);
    terminal.type('q');
    expect((await terminal.ended).status).to.equal(0);
  });

  for (const [what, status, act] of [
    ['Ctrl-C', 130, (terminal: PseudoTerminal) => terminal.type('\u0003')],
    ['SIGTERM', 143, (terminal: PseudoTerminal) => terminal.signal(constants.signals.SIGTERM)],
    ['SIGHUP', 129, (terminal: PseudoTerminal) => terminal.signal(constants.signals.SIGHUP)],
  ] as const) {
    it(`restores the terminal on ${what} and exits ${status}`, async () => {
      const terminal = await watch(new Host());
      act(terminal);
      const end = await terminal.ended;
      expect(end.status).to.equal(status);
      expectRestored(terminal, end);
    });
  }

  it('leaves the screen for Ctrl-Z, and comes back', async () => {
    const terminal = await watch(new Host());
    terminal.type('\u001a');
    await terminal.shows('what was there', ({ modes }) => !modes.has(alternateScreen));
    await terminal.shows('it again', ({ modes }) => modes.has(alternateScreen));
    await terminal.shows('its keys', (screen) => screen.text().includes('q quit'));
    terminal.type('q');
    expectRestored(terminal, await terminal.ended);
  });

  it('has no screen before there is something to show', async () => {
    const host = new Host();
    host.isAway = true;
    const server = await host.serve();
    const command = [process.execPath, cli.program, ...server, 'stress', 'watch'];
    const terminal = new PseudoTerminal(command, { columns: 80, rows: 24, env: {} });
    terminals.push(terminal);
    const end = await terminal.ended;
    expect(end.status).to.equal(1);
    expect(terminal.screen.text()).to.equal('error: module "monitoring" is away');
    expectRestored(terminal, end);
  });
});
