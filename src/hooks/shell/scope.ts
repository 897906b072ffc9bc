/** One simple command of a shell script as far as it can be known without running it. */
export interface ShellCommand {
  /** Words without quotes; variables that the script itself sets are put in. */
  readonly words: readonly string[];
  /** Texts that go to its standard input: here-documents and here-strings. */
  readonly input: readonly string[];
  /** Files that its output goes to. */
  readonly outputs: readonly string[];
  /** True when its output goes on to the next command. */
  piped: boolean;
}

/** What a script and the scripts within it have set so far. */
export interface Scope {
  /** Values of variables; more than one value for an array and for the arguments (`@`). */
  readonly variables: Map<string, readonly string[]>;
  readonly aliases: Map<string, string>;
  /** Bodies of functions. */
  readonly functions: Map<string, string>;
  /** Texts of files that the script writes, and of what `<(…)` stands for. */
  readonly files: Map<string, string>;
  /** Commands that may still be looked at: a script of functions that call each other has no end. */
  left: number;
  /** Characters that variables may still put in: one that holds itself twice grows without end. */
  room: number;
}

/** Most commands that are looked at. */
const MOST_COMMANDS = 5000;

/** Most characters that variables put into a script. */
const MOST_CHARS = 1_000_000;

/** A scope in which nothing is set. */
export function makeScope(): Scope {
  const [left, room] = [MOST_COMMANDS, MOST_CHARS];
  return { variables: new Map(), aliases: new Map(), functions: new Map(), files: new Map(), left, room };
}

/** One name for `x.sh` and `./x.sh`. */
export function fileKey(path: string): string {
  return path.replace(/^(?:\.\/)+/, "");
}

/** The last part of a path, without an extension of scripts. */
export function nameOf(word: string | undefined): string {
  return (word ?? "").replace(/^.*[\\/]/s, "").replace(/\.(?:exe|cmd|js|mjs|cjs)$/, "");
}

/** What a program of plain text writes, where that can be known; null where not. `read`: what goes into it. */
export function spoken(words: readonly string[], read: readonly string[], scope: Scope): string | null {
  const [name, rest] = [nameOf(words[0]), words.slice(1)];
  if (name === "echo")
    return rest
      .filter((word) => !/^-[neE]+$/.test(word))
      .join(" ")
      .replaceAll("\\n", "\n");
  if (name === "printf") return printed(rest);
  if (name === "tee" || (name === "cat" && rest.every((word) => word.startsWith("-")))) return joined(read);
  if (name === "cat") return joined(rest.flatMap((word) => scope.files.get(fileKey(word)) ?? []));
  const decodes = name === "base64" && rest.some((word) => /^(?:-d|-D|--decode)$/.test(word));
  const coded = joined(read);
  return decodes && coded !== null ? Buffer.from(coded, "base64").toString("utf8") : null;
}

function printed(words: readonly string[]): string {
  const [format = "", ...values] = words[0] === "--" ? words.slice(1) : words;
  let used = 0;
  const text = format.replaceAll(/%[sbq]/g, () => values[used++] ?? "");
  return [text, ...values.slice(used)].join(" ").replaceAll("\\n", "\n");
}

function joined(texts: readonly string[]): string | null {
  return texts.length === 0 ? null : texts.join("\n");
}
