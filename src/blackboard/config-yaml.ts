import { Alias, type Document, isMap, isScalar, LineCounter, type Node, parseDocument, Scalar, YAMLMap } from "yaml";
import { CcoError } from "../kernel/errors.ts";
import { CONFIG_KEYS, type ConfigKey, findConfigKey, invalidValue, unknownKey } from "./config-keys.ts";

/**
 * The settings in a file, by dotted name. `file` is the name for messages.
 * Throws CONFIG_INVALID or CONFIG_UNKNOWN_KEY for the first problem, the others in `why`; messages start with file:line.
 */
export function parseSettings(file: string, text: string): ReadonlyMap<string, unknown> {
  const source = parseSource(file, text);
  const settings = new Map<string, unknown>();
  const problems: CcoError[] = [];
  for (const { name, at, node } of sectionsOf(source)) {
    if (!CONFIG_KEYS.some((key) => key.section === name)) problems.push(unknownKey(name, at));
    else if (isMap(node)) problems.push(...readSection(source, { name, node }, settings));
    else if (!isEmpty(node)) problems.push(invalidSection(name, at));
  }
  const [first, ...others] = problems;
  if (first === undefined) return settings;
  if (others.length === 0) throw first;
  const why = `${first.why} There is more:\n${others.map((problem) => problem.message).join("\n")}`;
  throw new CcoError(first.code, first.message, { why, hint: first.hint, data: first.data });
}

/** The text of a settings file with one key set; comments and everything else stay. Throws CONFIG_INVALID. */
export function writeSetting(file: string, text: string, key: ConfigKey, value: unknown): string {
  const source = parseSource(file, text);
  const document: Document = source.document;
  if (isEmpty(document.contents)) document.contents = new YAMLMap();
  const section = document.get(key.section, true);
  if (section === undefined || isEmpty(section)) document.set(key.section, sectionFrom(section));
  else if (!isMap(section)) throw invalidSection(key.section, `${file}:${lineOf(source, section as Node)}`);
  document.setIn([key.section, key.key], document.createNode(value));
  return document.toString({ lineWidth: 0 });
}

/** The value that a text on the command line stands for: YAML, or the text itself where only that is accepted. Throws CONFIG_INVALID. */
export function parseValue(key: ConfigKey, text: string): unknown {
  const document = parseDocument(text);
  const value = document.errors.length > 0 ? text : (plainValue(document, document.contents) ?? null);
  for (const candidate of [value, text]) if (key.schema.safeParse(candidate).success) return candidate;
  throw invalidValue(key, value, null);
}

interface Source {
  readonly file: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

interface Entry {
  readonly name: string;
  readonly at: string;
  readonly node: unknown;
}

function parseSource(file: string, text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const error = document.errors[0];
  if (error !== undefined) {
    const line = lines.linePos(error.pos[0]).line;
    throw new CcoError("CONFIG_INVALID", `${file}:${line}: ${error.message}`, { hint: `edit ${file}:${line}`, data: { at: `${file}:${line}` } });
  }
  const { contents } = document;
  const source = { file, document, lines };
  if (contents !== null && !isMap(contents) && !isEmpty(contents)) {
    throw new CcoError("CONFIG_INVALID", `${file}:${lineOf(source, contents)}: settings are sections with keys, like "worker:"`, {
      hint: `edit ${file}; cco config lists all settings`,
      data: { at: `${file}:${lineOf(source, contents)}` },
    });
  }
  return source;
}

function sectionsOf(source: Source): Entry[] {
  return isMap(source.document.contents) ? entriesOf(source, source.document.contents) : [];
}

function entriesOf(source: Source, map: YAMLMap): Entry[] {
  return map.items.map(({ key, value }) => ({
    name: isScalar(key) ? String(key.value) : String(key),
    at: `${source.file}:${lineOf(source, (key ?? map) as Node)}`,
    node: value instanceof Alias ? value.resolve(source.document) : value,
  }));
}

function readSection(source: Source, section: { name: string; node: YAMLMap }, settings: Map<string, unknown>): CcoError[] {
  const problems: CcoError[] = [];
  for (const entry of entriesOf(source, section.node)) {
    const name = `${section.name}.${entry.name}`;
    const key = findConfigKey(name);
    const value = entry.node === undefined ? undefined : plainValue(source.document, entry.node);
    if (key === undefined) problems.push(unknownKey(name, entry.at));
    else if (value !== undefined && key.schema.safeParse(value).success) settings.set(name, value);
    else problems.push(invalidValue(key, value, entry.at));
  }
  return problems;
}

/** The value of a node, undefined when it refers to something that is not there. */
function plainValue(document: Document, node: unknown): unknown {
  if (node === null) return null;
  try {
    return (node as Node).toJS(document);
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

function invalidSection(name: string, at: string): CcoError {
  return new CcoError("CONFIG_INVALID", `${at}: ${name} is a section: its keys belong below it, indented`, {
    hint: `edit ${at}; cco config lists all settings`,
    data: { key: name, at },
  });
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

function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function lineOf(source: Source, node: Node): number {
  return source.lines.linePos(node.range?.[0] ?? 0).line;
}
