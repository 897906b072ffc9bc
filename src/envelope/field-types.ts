import { nearestName } from "../kernel/did-you-mean.ts";
import { describeNode, type RawNode } from "./raw.ts";
import { quoted, type Problem } from "./problem.ts";

/** Where reading values collects what is wrong and on which line each key path stands (`acceptance.0.verify`). */
export interface Reading {
  readonly problems: Problem[];
  readonly lines: Map<string, number>;
}

/** Reads a node as a value; undefined when it is of another type, which is then among the problems. */
export type Reader<T> = (node: RawNode, at: string, reading: Reading) => T | undefined;

/** Adds "`at` has to be …, but is …" with an example. */
export function wrongType(
  node: RawNode,
  at: string,
  reading: Reading,
  expected: { is: string; example: string },
): undefined {
  const got =
    node.kind === "scalar" && node.value !== null && node.source !== "" ? quoted(node.source) : describeNode(node);
  const message = `${at} has to be ${expected.is}, but is ${got}`;
  reading.problems.push({ rule: "envelope/type", line: node.line, message, hint: `for example ${expected.example}` });
  return undefined;
}

/** A text that is not empty. Numbers and true/false count as they were written: `task: 007` is the text 007. */
export function text(example: string): Reader<string> {
  return (node, at, reading) => {
    reading.lines.set(at, node.line);
    if (node.kind === "scalar" && node.value !== null) {
      const value = (typeof node.value === "string" ? node.value : node.source).trim();
      if (value !== "") return value;
    }
    return wrongType(node, at, reading, { is: "a text", example });
  };
}

/** One of a few words, whatever their case. */
export function oneOf<const T extends string>(words: readonly T[], example: string): Reader<T> {
  return (node, at, reading) => {
    reading.lines.set(at, node.line);
    const written = node.kind === "scalar" ? String(node.value ?? "").trim() : "";
    const found = words.find((word) => word === written.toLowerCase());
    if (found !== undefined) return found;
    const near = nearestName(written, words);
    const hint = near === undefined ? example : example.replace(/: .*$/, `: ${near}`);
    return wrongType(node, at, reading, { is: `one of ${words.join(", ")}`, example: hint });
  };
}

/** true or false. */
export function flag(example: string): Reader<boolean> {
  return (node, at, reading) => {
    reading.lines.set(at, node.line);
    if (node.kind === "scalar" && typeof node.value === "boolean") return node.value;
    return wrongType(node, at, reading, { is: "true or false", example });
  };
}

/** A number between `least` and `most`, both included; `whole` refuses fractions. */
export function number(range: { least: number; most: number; whole: boolean }, example: string): Reader<number> {
  const kind = range.whole ? "a whole number" : "a number";
  const is =
    range.most === Number.MAX_SAFE_INTEGER ? `${kind} above 0` : `${kind} from ${range.least} to ${range.most}`;
  return (node, at, reading) => {
    reading.lines.set(at, node.line);
    const value = node.kind === "scalar" && typeof node.value === "number" ? node.value : Number.NaN;
    const fits = value >= range.least && value <= range.most && (!range.whole || Number.isInteger(value));
    return fits ? value : wrongType(node, at, reading, { is, example });
  };
}

/** A list; a single value counts as a list of one, the word `none` and an empty value as an empty list. */
export function listOf<T>(item: Reader<T>, example: string): Reader<T[]> {
  return (node, at, reading) => {
    reading.lines.set(at, node.line);
    if (node.kind === "map") return wrongType(node, at, reading, { is: "a list", example });
    if (node.kind === "scalar" && node.value === null) return wrongType(node, at, reading, { is: "a list", example });
    if (node.kind === "scalar" && typeof node.value === "string" && node.value.trim().toLowerCase() === "none")
      return [];
    const items = node.kind === "list" ? node.items : [node];
    const values = items.map((each, index) => item(each, `${at}.${index}`, reading));
    return values.every((value) => value !== undefined) ? values : undefined;
  };
}

/** What a map may hold, by key. */
export type Shape<T> = { readonly [K in keyof T]-?: Reader<NonNullable<T[K]>> };

/** A map with these keys and no others; keys that cannot be read are left out of the result. */
export function mapOf<T extends object>(
  shape: Shape<T>,
  example: string,
  aliases: Readonly<Record<string, string>> = {},
): Reader<Partial<T>> {
  return (node, at, reading) => {
    reading.lines.set(at, node.line);
    if (node.kind !== "map") return wrongType(node, at, reading, { is: "a map of keys", example });
    const values: Partial<T> = {};
    for (const name in shape) {
      const entry = node.entries.find(({ key }) => key === name);
      if (entry === undefined) continue;
      const path = at === "" ? name : `${at}.${name}`;
      const read = shape[name](entry.value, path, reading);
      reading.lines.set(path, entry.line);
      if (read !== undefined) values[name] = read;
    }
    const strangers = node.entries.filter(({ key }) => !Object.hasOwn(shape, key));
    reading.problems.push(
      ...strangers.map(({ key, line }) => unknownKey({ key, line, at }, Object.keys(shape), aliases)),
    );
    return values;
  };
}

function unknownKey(
  found: { key: string; line: number; at: string },
  known: readonly string[],
  aliases: Readonly<Record<string, string>>,
): Problem {
  const near = nearestName(found.key, known, aliases);
  const where = found.at === "" ? "" : ` in ${found.at}`;
  return {
    rule: "envelope/unknown-key",
    line: found.line,
    message: `there is no key ${quoted(found.key)}${where}`,
    hint: near === undefined ? `keys${where} are: ${known.join(", ")}` : `did you mean ${near}?`,
  };
}
