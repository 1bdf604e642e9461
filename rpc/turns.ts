/**
 * How much is worked off for connections in one turn of the event loop, so that timers and all other
 * sockets get theirs: the process answers within some tens of milliseconds whatever anybody sends.
 *
 * In each turn a connection takes a few messages as soon as they are there, and what is beyond them
 * later: one connection after the other, each a little, until the time of that turn is used up.
 */

export interface TurnsOptions {
  /** Milliseconds that never step back. */
  readonly nowMs: () => number;
  /** Calls back in the next turn, after whatever else is due. */
  readonly nextTurn: (callback: () => void) => void;
  /** Calls back in this turn, when all is done that promises have to do by now. */
  readonly afterPromises: (callback: () => void) => void;
}

/** Taken by a connection at once, and before the next one that waits, in units of `costOf`. */
const inARow = 64;
/** For all connections together; what was begun is brought to its end. */
const turnMsMax = 8;
/** A message counts as one, and once more for so many characters. */
const charactersPerUnit = 2048;

interface Arrived {
  readonly unreadBytes: number;
}

/** A connection that has no more than this has but a call or two: it goes before the others. */
const briefBytesMax = 4096;

export function costOf({ length }: string): number {
  return 1 + Math.floor(length / charactersPerUnit);
}

export class Turns {
  readonly #options: TurnsOptions;
  /** Have little, and had nothing of the turn in which it came: before those who have much. */
  readonly #brief = new Set<Share>();
  readonly #waiting = new Set<Share>();
  #number = 0;
  #endMs = 0;
  #isDue = false;
  /** Those who have brought much are being served. */
  #isWorking = false;
  #afterWork: (() => void)[] = [];

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /**
   * For one connection.
   * @param arrived what it has brought and was not taken yet
   * @param onTurn called when it may go on after a refusal
   */
  newShare(arrived: Arrived, onTurn: () => void): Share {
    return new Share(this, arrived, onTurn);
  }

  /** Gives the number of the present turn; a new one begins with the first message after the last. */
  enter(): number {
    if (!this.#isDue) this.#begin();
    return this.#number;
  }

  /**
   * Calls back as soon as promises are done; of what those bring who have brought much, not before
   * the present turn is: what all of it makes can be sent together.
   */
  readonly afterTurn = (callback: () => void): void => {
    if (this.#isWorking) this.#afterWork.push(callback);
    else process.nextTick(callback);
  };

  /** Whether there is time left in the present turn. */
  get hasTime(): boolean {
    return this.#options.nowMs() < this.#endMs;
  }

  wait(share: Share, isBrief: boolean): void {
    (isBrief ? this.#brief : this.#waiting).add(share);
  }

  forget(share: Share): void {
    this.#brief.delete(share);
    this.#waiting.delete(share);
  }

  #begin(): void {
    this.#number += 1;
    this.#endMs = this.#options.nowMs() + turnMsMax;
    this.#isDue = true;
    this.#options.nextTurn(() => this.#goOn());
  }

  #goOn(): void {
    this.#isDue = false;
    if (this.#brief.size + this.#waiting.size === 0) return;
    this.#begin();
    // However many of them there are, who has waited longest begins every other turn.
    const [longest] = this.#number % 2 === 0 ? this.#waiting : [];
    this.#grant(longest);
  }

  /** One after the other, so that what a message costs later in the turn counts as well. */
  #grant(share: Share | undefined): void {
    if (share !== undefined) {
      this.#isWorking = this.#waiting.has(share);
      this.forget(share);
      share.grant(this.#number);
    }
    this.#options.afterPromises(() => {
      const [next] = this.#brief.size > 0 ? this.#brief : this.#waiting;
      if (next !== undefined && this.hasTime) this.#grant(next);
      else this.#endWork();
    });
  }

  #endWork(): void {
    this.#isWorking = false;
    const callbacks = this.#afterWork;
    this.#afterWork = [];
    for (const callback of callbacks) callback();
  }
}

/** What one connection may take. */
export class Share {
  readonly #turns: Turns;
  readonly #arrived: Arrived;
  readonly #onTurn: () => void;
  #turn = 0;
  #left = 0;
  #isWaiting = false;

  constructor(turns: Turns, arrived: Arrived, onTurn: () => void) {
    this.#turns = turns;
    this.#arrived = arrived;
    this.#onTurn = onTurn;
  }

  /** It was refused, and is called when its turn comes. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Whether another message may be taken now; what it costs is told by `spend`. */
  mayTake(): boolean {
    if (this.#isWaiting) return false;
    const turn = this.#turns.enter();
    const isFirst = turn !== this.#turn;
    if (isFirst) {
      this.#turn = turn;
      this.#left = inARow;
    }
    if (this.#left > 0 && this.#turns.hasTime) return true;
    this.#isWaiting = true;
    this.#turns.wait(this, isFirst && this.#arrived.unreadBytes <= briefBytesMax);
    return false;
  }

  spend(units: number): void {
    this.#left -= units;
  }

  grant(turn: number): void {
    this.#isWaiting = false;
    this.#turn = turn;
    this.#left = inARow;
    this.#onTurn();
  }

  /** The connection is gone. */
  end(): void {
    this.#turns.forget(this);
  }
}
