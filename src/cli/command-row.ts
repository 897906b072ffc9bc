/** One option of a command, in commander's notation. */
export interface OptionRow {
  readonly flags: string;
  readonly about: string;
  readonly choices?: readonly string[];
}

/** One command: everything that help, documentation and the parser need. Its program stands in `command-programs.ts`. */
export interface CommandRow {
  readonly name: string;
  /** Arguments in commander's notation: `<must>`, `[may]`, `[many...]`. */
  readonly args: string;
  readonly about: string;
  readonly options: readonly OptionRow[];
  readonly examples: readonly string[];
  /** Lines of the help below the examples. */
  readonly notes?: readonly string[];
  /** False: it has nothing to do with work under way. All others start the engine again when it died with work open. */
  readonly recovers?: false;
}
