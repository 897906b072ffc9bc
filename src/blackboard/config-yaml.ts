import { Alias, type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit, type YAMLMap } from "yaml";
import { CcoError } from "../kernel/errors.ts";
import { CONFIG_KEYS, findConfigKey, invalidValue, unknownKey } from "./config-keys.ts";

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

/** A parsed settings file: its name for messages, and where its lines start. */
export interface Source {
  readonly file: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

interface Entry {
  readonly name: string;
  readonly at: string;
  readonly node: unknown;
}

/** Parses a settings file. Throws CONFIG_INVALID for what is no YAML, no sections, or refers to an anchor that is not there. */
export function parseSource(file: string, text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const source = { file, document, lines };
  const error = document.errors[0];
  if (error !== undefined) throw invalidSource(`${file}:${lines.linePos(error.pos[0]).line}`, error.message);
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) === undefined)
        throw invalidSource(placeOf(source, alias), `there is no anchor &${alias.source}`);
    },
  });
  const { contents } = document;
  if (isMap(contents) || isEmpty(contents)) return source;
  throw invalidSource(placeOf(source, contents), 'settings are sections with keys, like "worker:"');
}

function invalidSource(at: string, what: string): CcoError {
  return new CcoError("CONFIG_INVALID", `${at}: ${what}`, {
    hint: `edit ${at}; cco config lists all settings`,
    data: { at },
  });
}

function sectionsOf(source: Source): Entry[] {
  return isMap(source.document.contents) ? entriesOf(source, source.document.contents) : [];
}

function entriesOf(source: Source, map: YAMLMap): Entry[] {
  return map.items.map(({ key, value }) => ({
    name: isScalar(key) ? String(key.value) : String(key),
    at: placeOf(source, key ?? map),
    node: value instanceof Alias ? value.resolve(source.document) : value,
  }));
}

function readSection(
  source: Source,
  section: { name: string; node: YAMLMap },
  settings: Map<string, unknown>,
): CcoError[] {
  const problems: CcoError[] = [];
  for (const entry of entriesOf(source, section.node)) {
    const name = `${section.name}.${entry.name}`;
    const key = findConfigKey(name);
    const value: unknown = isNode(entry.node) ? entry.node.toJS(source.document) : null;
    if (key === undefined) problems.push(unknownKey(name, entry.at));
    else if (key.schema.safeParse(value).success) settings.set(name, value);
    else problems.push(invalidValue(key, value, entry.at));
  }
  return problems;
}

/** CONFIG_INVALID for a section that is no map. */
export function invalidSection(name: string, at: string): CcoError {
  return new CcoError("CONFIG_INVALID", `${at}: ${name} is a section: its keys belong below it, indented`, {
    hint: `edit ${at}; cco config lists all settings`,
    data: { key: name, at },
  });
}

/** True for nothing at all and for a null: a section whose keys are all comments. */
export function isEmpty(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null);
}

/** `file:line` of a node. */
export function placeOf(source: Source, node: unknown): string {
  const offset = isNode(node) ? node.range?.[0] : undefined;
  return `${source.file}:${source.lines.linePos(offset ?? 0).line}`;
}
