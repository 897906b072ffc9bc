const LETTERS: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

/** `$'…'` without its escapes. */
export function withoutEscapes(text: string): string {
  const numbered = text.replaceAll(
    /\\(?:x([0-9a-f]{1,2})|u([0-9a-f]{1,4}))/gi,
    (_all, hex?: string, unicode?: string) => String.fromCodePoint(Number.parseInt(hex ?? unicode ?? "0", 16)),
  );
  return numbered
    .replaceAll(/\\([0-7]{1,3})/g, (_all, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)))
    .replaceAll(/\\(.)/gs, (_all, char: string) => LETTERS[char] ?? char);
}

/** Longest word that is spread. */
const MOST_CHARS = 500;

/** `{a,b}` as the shell spreads it; any other word as it is. */
export function withBraces(word: string): string[] {
  if (word.length > MOST_CHARS || !word.includes("{")) return [word];
  const [, before = "", inner, behind = ""] = /^([^{}$]*)\{([^{}]*,[^{}]*)\}([^{}]*)$/.exec(word) ?? [];
  return inner === undefined ? [word] : inner.split(",").map((part) => before + part + behind);
}
