/** A module to begin with, as `superbot-cli module new` writes it. One file of this folder per type. */
export interface Template {
  /** Texts by file name. */
  readonly files: Readonly<Record<string, string>>;
  /** The one of them that is executed itself. */
  readonly executable?: string;
  /** Whether superbot_module.py lies beside them. */
  readonly usesPython: boolean;
  /** The module's section of daemon.yaml, by key. */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface TemplateTarget {
  readonly name: string;
  /** The module's folder, absolute. */
  readonly dir: string;
  /** The statement that imports the API for JavaScript modules, with a comment where it needs one. */
  readonly apiImport: string;
}

export type MakeTemplate = (target: TemplateTarget) => Template;
