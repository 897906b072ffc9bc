/** The last `limit` characters of a text, cut at a line start where one is near; says how much was left out. */
export function tailOf(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(text.length - limit);
  const newline = cut.indexOf("\n");
  const kept = newline >= 0 && newline < limit / 4 ? cut.slice(newline + 1) : cut;
  return `[… ${text.length - kept.length} characters left out]\n${kept}`;
}

/** The first line of a text, trimmed and bounded. */
export function firstLine(text: string, limit = 200): string {
  const line = text.trimStart().split("\n", 1)[0]?.trim() ?? "";
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}
