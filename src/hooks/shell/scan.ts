/** One simple command of a shell script as far as it can be known without running it. */
export interface ShellCommand {
  /** Words without quotes; variables that the script itself sets are put in. */
  readonly words: readonly string[];
  /** Texts that go to its standard input: here-documents and here-strings. */
  readonly input: readonly string[];
  /** True when its output goes on to the next command. */
  readonly piped: boolean;
}

/** Deepest nesting that is followed; nobody writes more by hand. */
const DEPTH = 8;

const SEPARATORS = new Set([";", "&", "|", "\n", "(", ")"]);

/** Commands of a script in order, those of substitutions and subshells included. Never throws; what it cannot read it passes over. */
export function scanShell(script: string, depth = 0): ShellCommand[] {
  return depth > DEPTH ? [] : new Scanner(script, depth).run();
}

/** Words that may stand before an assignment. */
function leadsAssignment(word: string): boolean {
  return /^(?:export|local|declare|readonly|[A-Za-z_]\w*=.*)$/s.test(word);
}

/** A cursor over one script. */
class Scanner {
  private readonly commands: ShellCommand[] = [];
  private readonly variables = new Map<string, string>();
  private words: string[] = [];
  private input: string[] = [];
  /** Here-documents whose text begins after the present line. */
  private awaited: { readonly end: string; readonly input: string[] }[] = [];
  private at = 0;
  private readonly text: string;
  private readonly depth: number;

  constructor(text: string, depth: number) {
    this.text = text;
    this.depth = depth;
  }

  run(): ShellCommand[] {
    while (this.at < this.text.length) this.step();
    this.endCommand(false);
    return this.commands;
  }

  private step(): void {
    const char = this.peek();
    if (char === "\\" && this.peek(1) === "\n") this.at += 2;
    else if (char === " " || char === "\t" || char === "\r") this.at += 1;
    else if (char === "#") this.skipLine();
    else if (char === "<" || char === ">") this.redirect();
    else if (SEPARATORS.has(char)) this.separate(char);
    else this.take(this.word());
  }

  private peek(ahead = 0): string {
    return this.text.charAt(this.at + ahead);
  }

  private separate(char: string): void {
    this.at += 1;
    // `&>` is a redirection, `|&` and `||` and `&&` are two characters of one operator.
    if (char === "&" && this.peek() === ">") return;
    const double = this.peek() === char && char !== "(" && char !== ")" && char !== "\n";
    if (double || (char === "|" && this.peek() === "&")) this.at += 1;
    this.endCommand(char === "|" && !double);
    if (char === "\n") this.readDocuments();
  }

  private take(word: { readonly text: string; readonly quoted: boolean }): void {
    const assigned = /^([A-Za-z_]\w*)=(.*)$/s.exec(word.text);
    if (assigned !== null && this.words.every(leadsAssignment))
      this.variables.set(assigned[1] ?? "", assigned[2] ?? "");
    // A digit before a redirection names a descriptor.
    if (/^\d+$/.test(word.text) && /[<>]/.test(this.peek()) && !word.quoted) return;
    if (word.text !== "" || word.quoted) this.words.push(word.text);
  }

  private endCommand(piped: boolean): void {
    if (this.words.length > 0 || this.input.length > 0)
      this.commands.push({ words: this.words, input: this.input, piped });
    this.words = [];
    this.input = [];
  }

  private skipLine(): void {
    while (this.at < this.text.length && this.peek() !== "\n") this.at += 1;
  }

  private redirect(): void {
    const operator = /^(?:<<<|<<-?|<>|>>|>\||[<>]&|[<>]\(|<|>)/.exec(this.text.slice(this.at, this.at + 3))?.[0] ?? "<";
    this.at += operator.length;
    if (operator.endsWith("(")) return this.nest(this.until(")"));
    while (this.peek() === " " || this.peek() === "\t") this.at += 1;
    const target = this.word().text;
    if (operator === "<<<") this.input.push(target);
    else if (operator.startsWith("<<")) this.awaited.push({ end: target, input: this.input });
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
      if (/[\s;&|()<>]/.test(char)) break;
      if (char === "'" || (char === "$" && this.peek(1) === "'")) {
        quoted = true;
        this.at += char === "$" ? 2 : 1;
        text += this.until("'");
      } else if (char === '"') {
        quoted = true;
        this.at += 1;
        text += this.doubleQuoted();
      } else text += this.plain(char, quoted);
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
      return this.substituted(this.until("`"));
    }
    if (this.peek(1) === "(") {
      this.at += 2;
      return this.substituted(this.until(")"));
    }
    const name = /^\$(?:\{(\w+)[^}]*\}|(\w+))/.exec(this.text.slice(this.at, this.at + 200));
    this.at += name === null ? 1 : name[0].length;
    if (name === null) return "$";
    const value = this.variables.get(name[1] ?? name[2] ?? "");
    if (value === undefined) return name[0];
    if (quoted) return value;
    // Unquoted, a value is split into words; all but the last are complete.
    const parts = value.split(/\s+/).filter((part) => part !== "");
    this.words.push(...parts.slice(0, -1));
    return parts.at(-1) ?? "";
  }

  /** What a substitution stands for where that is plain: `$(which x)` is x. */
  private substituted(script: string): string {
    this.nest(script);
    return /^\s*(?:which|command\s+-v|type\s+-[pP])\s+([\w./-]+)\s*$/.exec(script)?.[1] ?? "$()";
  }

  private nest(script: string): void {
    this.commands.push(...scanShell(script, this.depth + 1));
  }

  /** The text up to the end that belongs to the opening just passed; the cursor goes behind it. */
  private until(end: string): string {
    const start = this.at;
    let open = 1;
    let quote = "";
    for (; this.at < this.text.length; this.at += 1) {
      const char = this.peek();
      if (char === "\\" && end !== "'") this.at += 1;
      else if (end === ")" && quote !== "") quote = char === quote ? "" : quote;
      else if (end === ")" && (char === "'" || char === '"')) quote = char;
      else if (end === ")" && char === "(") open += 1;
      else if (char === end && --open === 0) break;
    }
    this.at += 1;
    return this.text.slice(start, this.at - 1);
  }
}
