/** An alert: something that somebody should know without having asked. */

/** In the order of their weight. */
export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

export interface NewAlert {
  readonly severity: Severity;
  /** Null when it is about the daemon as a whole. */
  readonly module: string | null;
  /** One word for machines, such as `restart_limit`. */
  readonly type: string;
  /** One line for people; no line that a module wrote. */
  readonly message: string;
  /** The last lines that the module wrote. */
  readonly output?: readonly string[];
}

export interface Alert extends Required<NewAlert> {
  readonly time: string;
  /** How many of its kind were held back since the last one that was told. */
  readonly heldBack: number;
}

export function weighsAtLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(least);
}

/** `critical: trading has failed …` */
export function inOneLine({ severity, message, heldBack }: Alert): string {
  const others = heldBack === 0 ? '' : ` (and ${heldBack} more like this since the last alert)`;
  return `${severity}: ${message}${others}`;
}

/** What is told outside of the daemon, in snake_case as everywhere on a wire. */
export interface AlertDocument {
  readonly severity: Severity;
  readonly module: string | null;
  readonly type: string;
  readonly message: string;
  readonly time: string;
  readonly held_back: number;
  /** How many alerts before this one could not be told in time. */
  readonly dropped: number;
  readonly host: string;
  readonly home: string;
  /** The whole in one line: the key that chat programs look for. */
  readonly text: string;
  /** Only with `include_output`. */
  readonly output?: readonly string[];
}

export interface Sender {
  readonly host: string;
  readonly home: string;
}

export function toDocument(
  alert: Alert,
  dropped: number,
  { host, home }: Sender,
  includeOutput: boolean,
): AlertDocument {
  const { severity, module, type, message, time, heldBack, output } = alert;
  const text = inOneLine(alert);
  const told = { severity, module, type, message, time, held_back: heldBack, dropped };
  return { ...told, host, home, text, ...(includeOutput ? { output } : {}) };
}
