/** A value as it was written, before anything is known about its type. Lines are 1-based in the file. */
export type RawNode = RawScalar | RawList | RawMap;

export interface RawScalar {
  readonly kind: "scalar";
  readonly line: number;
  readonly value: string | number | boolean | null;
  /** The characters in the file, so that `007` or `1e3` can still be a text. */
  readonly source: string;
}

export interface RawList {
  readonly kind: "list";
  readonly line: number;
  readonly items: readonly RawNode[];
}

/** Entries instead of an object: a key such as `__proto__` stays a harmless text. */
export interface RawMap {
  readonly kind: "map";
  readonly line: number;
  readonly entries: readonly RawEntry[];
}

export interface RawEntry {
  readonly key: string;
  readonly line: number;
  readonly value: RawNode;
}

/** A text node that did not come out of YAML. */
export function rawText(text: string, line: number): RawScalar {
  return { kind: "scalar", line, value: text, source: text };
}

/** What a node is, in words for messages. */
export function describeNode(node: RawNode): string {
  if (node.kind === "list") return "a list";
  if (node.kind === "map") return "a map of keys";
  if (node.value === null) return "empty";
  if (typeof node.value === "string") return "a text";
  return typeof node.value === "number" ? "a number" : "true or false";
}
