import type { CcoError } from "../kernel/errors.ts";

/** How a command talks: results to stdout, everything else to stderr. */
export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Progress may be redrawn in place. */
  readonly live: boolean;
  /** A line of the result. */
  line(text: string): void;
  /** The one JSON document of the result. */
  document(value: unknown): void;
  /** Progress or a remark; silent with --quiet. */
  note(text: string): void;
  paint(style: Style, text: string): string;
  /** Bytes printed so far, remarks included. */
  printed(): number;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/** The output of this process. Colours only where stderr and stdout are terminals and NO_COLOR is not set. */
export function createOutput(options: { json: boolean; quiet: boolean }): Output {
  const colour = process.stdout.isTTY && process.env["NO_COLOR"] === undefined && !options.json;
  let bytes = 0;
  const print = (to: NodeJS.WriteStream, text: string): void => {
    bytes += Buffer.byteLength(text);
    to.write(text);
  };
  return {
    ...options,
    live: process.stderr.isTTY && !options.json && !options.quiet,
    line: (text) => print(process.stdout, `${text}\n`),
    document: (value) => print(process.stdout, `${JSON.stringify(value, null, 2)}\n`),
    note: (text) => (options.quiet ? undefined : print(process.stderr, `${text}\n`)),
    printed: () => bytes,
    paint: (style, text) => (colour ? `\u001B[${CODES[style]}m${text}\u001B[0m` : text),
  };
}

/** Prints an error in the form of the contract and returns nothing; the caller sets the exit code. */
export function printError(error: CcoError, json: boolean): void {
  if (json) {
    const body = {
      code: error.code,
      message: error.message,
      hint: error.hint,
      data: { why: error.why, ...error.data },
    };
    process.stdout.write(`${JSON.stringify({ error: body }, null, 2)}\n`);
  }
  process.stderr.write(`error ${error.code}: ${error.message}\n  why: ${error.why}\n  next: ${error.hint}\n`);
}
