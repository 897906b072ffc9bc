import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLError } from "yaml";
import { quoted, type Problem } from "./problem.ts";
import type { RawEntry, RawNode, RawScalar } from "./raw.ts";

/** What a YAML text holds; `root` is null when it is empty or cannot be read. */
export interface YamlReading {
  readonly root: RawNode | null;
  readonly problems: readonly Problem[];
}

/** After this many syntax errors the rest says nothing new. */
const MOST_ERRORS = 5;

/**
 * Reads YAML 1.2 into raw nodes with lines; `firstLine` is the line of its first character in the file. Anchors,
 * aliases, merge keys, tags and duplicate keys are problems. The text must be bounded by the caller.
 */
export function readYaml(text: string, firstLine: number): YamlReading {
  const lines = new LineCounter();
  // Duplicate keys are looked for below: the check of the parser is quadratic.
  const document = parseDocument(text, {
    version: "1.2",
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "silent",
  });
  const lineAt = (offset: number) => firstLine + Math.max(lines.linePos(offset).line, 1) - 1;
  if (document.errors.length > 0) {
    return {
      root: null,
      problems: document.errors.slice(0, MOST_ERRORS).map((error) => syntaxProblem(error, lineAt, text)),
    };
  }
  const problems: Problem[] = [];
  const root = document.contents === null ? null : convert(document.contents, { lineAt, problems });
  return { root, problems };
}

interface Conversion {
  readonly lineAt: (offset: number) => number;
  readonly problems: Problem[];
}

function convert(node: Node, to: Conversion): RawNode {
  const line = to.lineAt(node.range?.[0] ?? 0);
  refuseFeatures(node, line, to.problems);
  if (isMap<Node, Node | null>(node)) return { kind: "map", line, entries: convertEntries(node.items, line, to) };
  if (isSeq<Node | null>(node)) {
    return { kind: "list", line, items: node.items.map((item) => (item === null ? emptyAt(line) : convert(item, to))) };
  }
  if (!isScalar(node)) return emptyAt(line);
  const value = plainValue(node.value);
  return { kind: "scalar", line, value, source: node.source ?? String(value ?? "") };
}

function plainValue(value: unknown): RawScalar["value"] {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return typeof value === "bigint" ? Number(value) : null;
}

function convertEntries(
  pairs: readonly { readonly key: Node; readonly value: Node | null }[],
  mapLine: number,
  to: Conversion,
): RawEntry[] {
  const seen = new Map<string, number>();
  return pairs.flatMap((pair): RawEntry[] => {
    const line = to.lineAt(pair.key.range?.[0] ?? 0);
    if (!isScalar(pair.key)) {
      to.problems.push({
        rule: "envelope/syntax",
        line: mapLine,
        message: "a key has to be a plain word",
        hint: "write key: value",
      });
      return [];
    }
    refuseFeatures(pair.key, line, to.problems);
    const key = pair.key.source ?? String(plainValue(pair.key.value) ?? "");
    const first = seen.get(key);
    if (first !== undefined) {
      const message = `the key ${quoted(key)} is there twice; first on line ${first}`;
      to.problems.push({ rule: "envelope/duplicate-key", line, message, hint: "keep one of the two" });
      return [];
    }
    seen.set(key, line);
    if (key === "<<") {
      to.problems.push({
        rule: "envelope/yaml-feature",
        line,
        message: "merge keys (<<) are not read",
        hint: "write the keys out",
      });
      return [];
    }
    return [{ key, line, value: pair.value === null ? emptyAt(line) : convert(pair.value, to) }];
  });
}

function refuseFeatures(node: Node, line: number, problems: Problem[]): void {
  const add = (message: string, hint: string) => problems.push({ rule: "envelope/yaml-feature", line, message, hint });
  if (isAlias(node)) {
    add(`the alias *${node.source} is not read`, "write the value out; a text that starts with * needs quotes");
    return;
  }
  if ("anchor" in node && typeof node.anchor === "string") {
    add(`the anchor &${node.anchor} is not read`, "remove it; a text that starts with & needs quotes");
  }
  // The parser sets a tag only where one stands in the file.
  if (typeof node.tag === "string") {
    add(`the tag ${quoted(node.tag)} is not read`, "remove it; a text that starts with ! needs quotes");
  }
}

function emptyAt(line: number): RawScalar {
  return { kind: "scalar", line, value: null, source: "" };
}

/** Words for the syntax errors that people make; the rest as the parser says it. */
const SYNTAX_WORDS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  TAB_AS_INDENT: ["a tab is used for indentation", "indent with spaces"],
  BLOCK_AS_IMPLICIT_KEY: [
    "a text with a colon in it is not quoted",
    `put the text between quotes, for example goal: "Fix: the header"`,
  ],
  MISSING_CHAR: ["a quote, comma or bracket is missing", "close what was opened"],
  MULTILINE_IMPLICIT_KEY: ["a key does not end on its line", "write key: value, with the colon on the same line"],
  BAD_SCALAR_START: ["a text starts with a character that YAML reserves", "put the text between quotes"],
  RESOURCE_EXHAUSTION: ["lists or maps are nested too deep", "write it flat"],
};

function syntaxProblem(error: YAMLError, lineAt: (offset: number) => number, text: string): Problem {
  const line = lineAt(Math.min(error.pos[0], Math.max(text.length - 1, 0)));
  const words = SYNTAX_WORDS[error.code];
  const message = words?.[0] ?? firstSentence(error.message);
  return {
    rule: "envelope/syntax",
    line,
    message,
    hint: words?.[1] ?? "texts with : # [ ] { } & * ! in them need quotes",
  };
}

function firstSentence(message: string): string {
  return (message.split("\n", 1)[0] ?? "").slice(0, 200);
}
