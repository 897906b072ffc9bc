import { withBraces, withoutEscapes } from "./text.ts";
import { type Scope, type ShellCommand, spoken } from "./scope.ts";

/** Deepest nesting that is followed; nobody writes more by hand. */
const DEPTH = 40;

const SEPARATORS = new Set([";", "&", "|", "\n", "(", ")"]);
/** Words that end a group, whose output is that of the commands before. */
const ENDS_OF_GROUPS = new Set(["}", "fi", "done", "esac"]);

/** Between these words a `)` ends a pattern. */
const CASE: Readonly<Record<string, number>> = { case: 1, esac: -1 };

/** Commands of a script in order, those of substitutions and subshells included. Never throws; what it cannot read it passes over. */
export function scanShell(script: string, scope: Scope, depth = 0): ShellCommand[] {
  return new Scanner(script, scope, { depth, from: 0, ends: "" }).run();
}

/** Words that may stand before an assignment. */
function leadsAssignment(word: string): boolean {
  return /^(?:export|local|declare|typeset|readonly|-\w+|[A-Za-z_]\w*\+?=.*)$/s.test(word);
}

/** A cursor over one script, or over the part of it that ends with `ends`. */
class Scanner {
  at: number;
  private readonly commands: ShellCommand[] = [];
  private words: string[] = [];
  private input: string[] = [];
  private outputs: string[] = [];
  /** Here-documents whose text begins after the present line. */
  private awaited: { readonly end: string; readonly input: string[] }[] = [];
  private open = 0;
  private cases = 0;
  private isOver = false;
  private readonly text: string;
  private readonly scope: Scope;
  private readonly depth: number;
  private readonly ends: string;

  constructor(
    text: string,
    scope: Scope,
    part: { readonly depth: number; readonly from: number; readonly ends: string },
  ) {
    [this.text, this.scope, this.at] = [text, scope, part.from];
    [this.depth, this.ends] = [part.depth, part.ends];
    if (part.depth > DEPTH) this.at = text.length;
  }

  run(): ShellCommand[] {
    while (!this.isOver && this.at < this.text.length) {
      const from = this.at;
      this.step();
      // Whatever a character means, it is passed over: nothing may hold a session up.
      if (this.at === from) this.at += 1;
    }
    this.endCommand(false);
    return this.commands;
  }

  private step(): void {
    const char = this.peek();
    if (char === "\\" && this.peek(1) === "\n") this.at += 2;
    else if (char === " " || char === "\t" || char === "\r") this.at += 1;
    else if (char === "#") this.skipLine();
    else if ((char === "<" || char === ">") && this.peek(1) === "(") this.take(this.word());
    else if (char === "<" || char === ">") this.redirect();
    else if (char === "}" && this.ends === "}" && this.words.length === 0 && this.open === 0) this.finish();
    else if (SEPARATORS.has(char)) this.separate(char);
    else this.take(this.word());
  }

  private finish(): void {
    this.at += 1;
    this.isOver = true;
  }

  private peek(ahead = 0): string {
    return this.text.charAt(this.at + ahead);
  }

  private separate(char: string): void {
    if (char === "(" && this.defines()) return;
    if (char === ")" && this.ends === ")" && this.open === 0 && this.cases === 0) return this.finish();
    if (char === "(") this.open += 1;
    if (char === ")" && this.open > 0) this.open -= 1;
    this.at += 1;
    // `&>` is a redirection, `|&` and `||` and `&&` are two characters of one operator.
    if (char === "&" && this.peek() === ">") return;
    const double = this.peek() === char && char !== "(" && char !== ")" && char !== "\n";
    if (double || (char === "|" && this.peek() === "&")) this.at += 1;
    const piped = char === "|" && !double;
    const isGroup = piped && this.words.every((word) => ENDS_OF_GROUPS.has(word)) && this.input.length === 0;
    const last = this.commands.at(-1);
    if (isGroup && last !== undefined) last.piped = true;
    if (isGroup) this.words = [];
    this.endCommand(piped);
    if (char === "\n") this.readDocuments();
  }

  /** `name() { … }` and `name=(…)` at the cursor; false when it is neither. */
  private defines(): boolean {
    const [name = ""] = this.words.slice(-1);
    const assigned = /^([A-Za-z_]\w*)\+?=$/.exec(name);
    if (assigned !== null && /[=]/.test(this.peek(-1))) {
      const inner = this.nested(this.at + 1, ")");
      const values = inner.commands.flatMap(({ words }) => words);
      const before = name.endsWith("+=") ? (this.scope.variables.get(assigned[1] ?? "") ?? []) : [];
      this.scope.variables.set(assigned[1] ?? "", [...before, ...values]);
      this.at = inner.at;
      return true;
    }
    const head = /^\(\s*\)\s*\{/.exec(this.text.slice(this.at, this.at + 200));
    if (head === null || !/^[\w.:-]+$/.test(name)) return false;
    this.body(name, this.at + head[0].length);
    return true;
  }

  /** The body of a function. What stands in it counts as run: most functions are called. */
  private body(name: string, start: number): void {
    const { commands, at } = this.nested(start, "}");
    this.scope.functions.set(name, this.text.slice(start, at - 1));
    this.commands.push(...commands);
    [this.at, this.words] = [at, []];
  }

  private take(word: { readonly text: string; readonly quoted: boolean }): void {
    const [first, name = ""] = this.words;
    if (word.text === "{" && first === "function" && this.words.length === 2) return this.body(name, this.at);
    const assigned = /^([A-Za-z_]\w*)(\+?)=(.*)$/s.exec(word.text);
    if (assigned !== null && this.words.every(leadsAssignment)) {
      const [, key = "", plus, value = ""] = assigned;
      const before = plus === "+" ? (this.scope.variables.get(key)?.[0] ?? "") : "";
      this.scope.variables.set(key, [before + value]);
    }
    if (!word.quoted && this.words.length === 0) this.cases += CASE[word.text] ?? 0;
    // A digit before a redirection names a descriptor.
    if (/^\d+$/.test(word.text) && /[<>]/.test(this.peek()) && !word.quoted) return;
    if (word.quoted) this.words.push(word.text);
    else if (word.text !== "") this.words.push(...withBraces(word.text));
  }

  private endCommand(piped: boolean): void {
    const { words, input, outputs } = this;
    if (words.length > 0 || input.length > 0) this.commands.push({ words, input, outputs, piped });
    const name = words.at(-1) ?? "";
    if (words[0] === "set" && words[1] === "--") this.scope.variables.set("@", words.slice(2));
    if (words[0] === "read" && input[0] !== undefined) this.scope.variables.set(name, [input[0]]);
    if (words[0] === "printf" && words[1] === "-v")
      this.scope.variables.set(words[2] ?? "", [words.slice(3).join(" ")]);
    [this.words, this.input, this.outputs] = [[], [], []];
  }

  private skipLine(): void {
    while (this.at < this.text.length && this.peek() !== "\n") this.at += 1;
  }

  private redirect(): void {
    const operator = /^(?:<<<|<<-?|<>|>>|>\||[<>]&|<|>)/.exec(this.text.slice(this.at, this.at + 3))?.[0] ?? "<";
    this.at += operator.length;
    while (this.peek() === " " || this.peek() === "\t") this.at += 1;
    const target = this.word().text;
    if (operator === "<<<") this.input.push(target);
    else if (operator.startsWith("<<")) this.awaited.push({ end: target, input: this.input });
    else if (operator === "<") this.input.push(...[this.scope.files.get(target) ?? []].flat());
    else this.outputs.push(target);
  }

  private readDocuments(): void {
    for (const { end, input } of this.awaited) {
      const lines: string[] = [];
      while (this.at < this.text.length) {
        const found = this.text.indexOf("\n", this.at);
        const line = this.text.slice(this.at, found < 0 ? this.text.length : found);
        this.at += line.length + 1;
        if (line.replace(/^\t+/, "") === end) break;
        lines.push(line);
      }
      input.push(lines.join("\n"));
    }
    this.awaited = [];
  }

  private word(): { text: string; quoted: boolean } {
    let text = "";
    let quoted = false;
    while (this.at < this.text.length) {
      const char = this.peek();
      if ((char === "<" || char === ">") && text === "" && this.peek(1) === "(") text += this.process();
      else if (/[ \t\r\n;&|()<>]/.test(char)) break;
      else if (char === "'" || (char === "$" && this.peek(1) === "'")) {
        quoted = true;
        this.at += char === "$" ? 2 : 1;
        const plain = this.until("'", char === "$");
        text += char === "$" ? withoutEscapes(plain) : plain;
      } else if (char === '"') {
        quoted = true;
        this.at += 1;
        text += this.doubleQuoted();
      } else text += this.plain(char, quoted || /^[A-Za-z_]\w*\+?=/.test(text.slice(0, 100)));
    }
    return { text, quoted };
  }

  private plain(char: string, quoted: boolean): string {
    if (char === "\\") {
      this.at += 2;
      return this.peek(-1) === "\n" ? "" : this.peek(-1);
    }
    if (char === "`" || char === "$") return this.expansion(quoted);
    this.at += 1;
    return char;
  }

  private doubleQuoted(): string {
    let text = "";
    while (this.at < this.text.length && this.peek() !== '"') text += this.plain(this.peek(), true);
    this.at += 1;
    return text;
  }

  /** A `$…` or backquotes at the cursor: commands in it are noted, a variable that is known is put in. */
  private expansion(quoted: boolean): string {
    if (this.peek() === "`") {
      this.at += 1;
      const script = this.until("`", true).replaceAll("\\`", "`");
      return this.inWords([this.substituted(scanShell(script, this.scope, this.depth + 1))], quoted);
    }
    if (this.peek(1) === "(") {
      const inner = this.nested(this.at + 2, ")");
      this.at = inner.at;
      return this.inWords([this.substituted(inner.commands)], quoted);
    }
    const name = /^\$(?:\{(\w+|[@*])(\[[@*]\])?(?::?[-=+]([^}]*)|[^}]*)\}|([A-Za-z_]\w*|[@*\d]))/.exec(
      this.text.slice(this.at, this.at + 200),
    );
    this.at += name === null ? 1 : name[0].length;
    if (name === null) return "$";
    const key = name[1] ?? name[4] ?? "";
    const values = this.scope.variables.get(key === "*" ? "@" : key);
    if (values === undefined) return name[3] === undefined ? name[0] : this.inWords([name[3]], quoted);
    this.scope.room -= values.join(" ").length;
    if (this.scope.room < 0) return "";
    if (/[@*]/.test(key) || name[2] !== undefined) {
      this.words.push(...values.slice(0, -1));
      return values.at(-1) ?? "";
    }
    return this.inWords(values.slice(0, 1), quoted);
  }

  /** A value at the cursor: quoted it is one word, else all but its last word are complete. */
  private inWords(values: readonly string[], quoted: boolean): string {
    if (quoted) return values.join(" ");
    const parts = values.flatMap((value) => value.split(/\s+/)).filter((part) => part !== "");
    this.words.push(...parts.slice(0, -1));
    return parts.at(-1) ?? "";
  }

  /** What a substitution stands for where that is plain: `$(which x)` is x, `$(echo x)` too. */
  private substituted(commands: readonly ShellCommand[]): string {
    this.commands.push(...commands);
    const said = this.saidBy(commands);
    const [{ words } = { words: [] }] = commands;
    const asks = words[0] === "which" || (words[0] === "command" && words[1] === "-v") || words[0] === "type";
    return said ?? (asks && commands.length === 1 ? (words.at(-1) ?? "$()") : "$()");
  }

  private saidBy(commands: readonly ShellCommand[]): string | null {
    let said: string | null = null;
    for (const { words, input } of commands) said = spoken(words, said === null ? input : [...input, said], this.scope);
    return said;
  }

  /** `<(…)` at the cursor: a file with what its commands write. */
  private process(): string {
    const inner = this.nested(this.at + 2, ")");
    this.at = inner.at;
    const path = `/dev/fd/${this.scope.files.size + 63}`;
    this.scope.files.set(path, this.saidBy(inner.commands) ?? "");
    this.commands.push(...inner.commands);
    return path;
  }

  private nested(from: number, ends: string): { readonly commands: ShellCommand[]; readonly at: number } {
    const inner = new Scanner(this.text, this.scope, { depth: this.depth + 1, from, ends });
    return { commands: inner.run(), at: inner.at };
  }

  /** The text up to the quote that ends it; the cursor goes behind it. */
  private until(end: string, escapes: boolean): string {
    const start = this.at;
    for (; this.at < this.text.length && this.peek() !== end; this.at += 1)
      if (escapes && this.peek() === "\\") this.at += 1;
    this.at += 1;
    return this.text.slice(start, this.at - 1);
  }
}
