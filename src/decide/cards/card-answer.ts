/** What a person wrote into the file of a card. */
export interface WrittenAnswer {
  /** In upper case; not checked against the options. */
  readonly letter: string;
  readonly note: string;
}

/** The answer in the front matter of a card's file; null while its `answer:` line is empty. Read as people write: quotes, comments, case. */
export function writtenAnswer(text: string): WrittenAnswer | null {
  const head = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1];
  if (head === undefined) return null;
  const lines = head.split(/\r?\n/);
  const letter = plain(valueOf(lines, "answer").replace(/(?:^|\s)#.*$/s, ""));
  if (letter === "" || letter === "~" || letter === "null") return null;
  return { letter: letter.toUpperCase().slice(0, 40), note: plain(valueOf(lines, "note")).slice(0, 2000) };
}

/** The value of a key: the rest of its line, or the indented lines of a `|` or `>` block. */
function valueOf(lines: readonly string[], key: string): string {
  const at = lines.findIndex((line) => new RegExp(`^${key}\\s*:`, "i").test(line));
  if (at < 0) return "";
  const value = (lines[at] ?? "").replace(/^[^:]*:/, "").trim();
  if (!/^[|>][+-]?$/.test(value)) return value;
  const block = lines.slice(at + 1);
  const end = block.findIndex((line) => line !== "" && !/^\s/.test(line));
  return block
    .slice(0, end < 0 ? undefined : end)
    .map((line) => line.trim())
    .join("\n")
    .trim();
}

function plain(value: string): string {
  const quoted = /^(["'])(.*?)\1\s*(?:#.*)?$/s.exec(value);
  return (quoted?.[2] ?? value).trim();
}
