import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isScalar, parse, Scalar, YAMLMap, YAMLParseError } from "yaml";
import { CcoError } from "../kernel/errors.ts";
import { type ConfigKey, invalidValue } from "./config-keys.ts";
import { invalidSection, isEmpty, parseSource, placeOf } from "./config-yaml.ts";

/**
 * The text of a settings file with one key set. A value that is there is replaced in its place; a new key goes to the end of its
 * section. Comments stay. Throws CONFIG_INVALID.
 */
export function writeSetting(file: string, text: string, key: ConfigKey, value: unknown): string {
  const source = parseSource(file, text);
  const section = source.document.get(key.section, true);
  if (!isMap(section) && !isEmpty(section)) throw invalidSection(key.section, placeOf(source, section));
  const found = isMap(section) ? section.get(key.key, true) : undefined;
  const after = spliceScalar(text, found, value) ?? addKey(source.document, key, value);
  if (isDeepStrictEqual(valuesOf(after), withKey(valuesOf(text), key, value))) return after;
  throw new CcoError("CONFIG_INVALID", `${file}: ${key.name} cannot be changed without changing other settings`, {
    hint: `edit ${file} by hand: set ${key.name} to ${flowText(value)}`,
    data: { key: key.name, at: file },
  });
}

/** The value that a text on the command line stands for: YAML, or the text itself where only that is accepted. Throws CONFIG_INVALID. */
export function parseValue(key: ConfigKey, text: string): unknown {
  const read = valuesOf(text);
  const value = read === undefined ? text : read;
  for (const candidate of [value, text]) if (key.schema.safeParse(candidate).success) return candidate;
  throw invalidValue(key, value, null);
}

/** Replaces a value on one line where it stands; null when there is none of that kind. */
function spliceScalar(text: string, node: unknown, value: unknown): string | null {
  if (!isScalar(node) || !["PLAIN", "QUOTE_SINGLE", "QUOTE_DOUBLE"].includes(node.type ?? "")) return null;
  const [start, end] = node.range ?? [0, 0];
  return start === end ? null : text.slice(0, start) + flowText(value) + text.slice(end);
}

function addKey(document: Document, key: ConfigKey, value: unknown): string {
  if (isEmpty(document.contents)) document.contents = new YAMLMap();
  const section = document.get(key.section, true);
  if (isEmpty(section)) document.set(key.section, sectionFrom(section));
  document.setIn([key.section, key.key], document.createNode(value));
  return document.toString({ lineWidth: 0 });
}

/** A value on one line: plain where YAML reads that back as the same, else as JSON, which is YAML too. */
function flowText(value: unknown): string {
  const plain = typeof value === "string" && /^[\w./-]+$/.test(value) && valuesOf(value) === value;
  return plain ? value : JSON.stringify(value);
}

/** What a text says, as plain values; undefined when it is no YAML. */
function valuesOf(text: string): unknown {
  try {
    return parse(text, { logLevel: "error" });
  } catch (error) {
    // ReferenceError: an anchor that is not there; the others are syntax errors.
    if (error instanceof YAMLParseError || error instanceof ReferenceError) return undefined;
    throw error;
  }
}

function withKey(values: unknown, key: ConfigKey, value: unknown): unknown {
  const sections = isRecord(values) ? values : {};
  const section = sections[key.section];
  return { ...sections, [key.section]: { ...(isRecord(section) ? section : {}), [key.key]: value } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** A section whose keys are all comments is null to YAML; its comments move into the new map. */
function sectionFrom(empty: unknown): YAMLMap {
  const map = new YAMLMap();
  if (empty instanceof Scalar) {
    const comments = [empty.commentBefore, empty.comment].filter((comment) => typeof comment === "string");
    if (comments.length > 0) map.commentBefore = comments.join("\n");
  }
  return map;
}
