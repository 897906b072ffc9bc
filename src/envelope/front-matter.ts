import type { Problem } from "./problem.ts";
import type { RawMap } from "./raw.ts";
import type { BodyLine } from "./sections.ts";
import { readYaml } from "./yaml-reader.ts";

/** The fields of an envelope as written, with the lines of its body still to be read. */
export interface RawEnvelope {
  /** null when the fields cannot be read at all. */
  readonly fields: RawMap | null;
  readonly body: readonly BodyLine[];
  readonly problems: readonly Problem[];
}

/** True when the first line that is not blank opens a front matter. */
export function hasFrontMatter(lines: readonly string[]): boolean {
  return (lines.find((line) => line.trim() !== "") ?? "").trimEnd() === "---";
}

/** Reads markdown with YAML between two `---` lines. `lines` are the lines of the file without line ends. */
export function readFrontMatter(lines: readonly string[]): RawEnvelope {
  const open = lines.findIndex((line) => line.trim() !== "");
  const close = lines.findIndex((line, index) => index > open && line.trimEnd() === "---");
  if (close < 0) {
    const message = "the front matter opens with --- and never closes";
    const hint = "put a line with only --- after the last field";
    return { fields: null, body: [], problems: [{ rule: "envelope/syntax", line: open + 1, message, hint }] };
  }
  const body = lines.slice(close + 1).map((text, index) => ({ text, line: close + 2 + index }));
  const { root, problems } = readYaml(lines.slice(open + 1, close).join("\n"), open + 2);
  if (root === null) {
    const empty: RawMap = { kind: "map", line: open + 1, entries: [] };
    return { fields: problems.length === 0 ? empty : null, body, problems };
  }
  if (root.kind === "map") return { fields: { ...root, line: open + 1 }, body, problems };
  const message = "the front matter has to consist of key: value lines";
  const wrong: Problem = { rule: "envelope/type", line: root.line, message, hint: "for example task: add-limiter" };
  return { fields: null, body, problems: [...problems, wrong] };
}
