/** Edits (insert, delete, replace, swap of neighbours) between two texts, counted up to `limit` + 1. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? limit + 1;
}

/** A name without case and separators: `tool_calls`, `Tool Calls` and `toolCalls` are the same. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/**
 * The known name that a misspelled one most likely means; `aliases` maps plain names people use to the right ones.
 * undefined when nothing is near.
 */
export function nearestName(
  name: string,
  known: readonly string[],
  aliases: Readonly<Record<string, string>> = {},
): string | undefined {
  const plain = plainName(name);
  if (plain === "" || plain.length > 60) return undefined;
  if (Object.hasOwn(aliases, plain)) return aliases[plain];
  const limit = plain.length <= 3 ? 1 : 2;
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(plain, plainName(candidate), limit) }))
    .filter((row) => row.distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.candidate;
}
