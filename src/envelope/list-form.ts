import { nearestName, plainName } from "../kernel/did-you-mean.ts";
import type { RawEnvelope } from "./front-matter.ts";
import { bare, isNone, parseBudget, parseCriterion, parseInput, splitOutside } from "./inline.ts";
import { joined, listBlocks, type ListField, type ListItem } from "./list-blocks.ts";
import { quoted, type Problem } from "./problem.ts";
import { rawText, type RawEntry, type RawNode, type RawScalar } from "./raw.ts";
import { type BodyLine, sectionKeyOf } from "./sections.ts";
import { SECTION_TITLES } from "../model/envelope.ts";

const TITLE = /^#{1,4}[ \t]+\**Task\**[ \t]{0,4}:\**[ \t]{0,4}(.*)$/i;

/** True when a line of the text is a `## Task: id` title. */
export function hasListForm(lines: readonly string[]): boolean {
  return lines.some((line) => TITLE.test(line));
}

type Build = (field: ListField, problems: Problem[]) => RawNode;

/** Labels of the list form: plain name → the key it stands for and how its text is read. */
const LABELS: ReadonlyMap<string, readonly [key: string, build: Build]> = new Map(
  Object.entries({
    goal: ["goal", asText],
    objective: ["goal", asText],
    size: ["size", asWord],
    risk: ["risk", asWord],
    risklevel: ["risk", asWord],
    role: ["role", asWord],
    lane: ["lane", asWord],
    effort: ["effort", asWord],
    network: ["network", asFlag],
    reviewers: ["reviewers", asNumber],
    checkpoint: ["checkpoint", asTextOrNone],
    after: ["after", asNames],
    dependson: ["after", asNames],
    dependencies: ["after", asNames],
    inputs: ["inputs", asInputs],
    input: ["inputs", asInputs],
    acceptance: ["acceptance", asCriteria],
    acceptancecriteria: ["acceptance", asCriteria],
    write: ["write", asNames],
    writescope: ["write", asNames],
    allow: ["allow", asNames],
    allowed: ["allow", asNames],
    allowedtools: ["allow", asNames],
    forbid: ["forbid", asSentences],
    forbidden: ["forbid", asSentences],
    forbiddenactions: ["forbid", asSentences],
    stop: ["stop", asSentences],
    stopif: ["stop", asSentences],
    stopconditions: ["stop", asSentences],
    budget: ["budget", asBudget],
    output: ["output", asOutput],
  }),
);
/** Labels that say what the product says to every worker anyway. */
const IGNORED = new Set(["outputprotocol", "protocol"]);
const SHOWN_LABELS = [
  "Goal", "Size", "Risk", "Role", "Lane", "Effort", "Network", "Reviewers", "Checkpoint", "After", "Depends on", "Inputs",
  "Acceptance Criteria", "Write Scope", "Allowed Tools", "Forbidden", "Stop If", "Stop Conditions", "Budget", "Output",
]; // prettier-ignore

/** Reads the plain list form into the same raw fields that front matter gives. */
export function readListForm(lines: readonly string[]): RawEnvelope {
  const title = lines.findIndex((line) => TITLE.test(line));
  const id = bare((TITLE.exec(lines[title] ?? "")?.[1] ?? "").replaceAll("**", "").replace(/[ \t#]{0,20}$/, ""));
  const numbered = lines.map((text, index): BodyLine => ({ text, line: index + 1 }));
  const blocks = listBlocks(numbered.slice(title + 1));
  const problems: Problem[] = blocks.strays.map(strayBullet);
  const entries: RawEntry[] = [{ key: "task", line: title + 1, value: rawText(id, title + 1) }];
  const body = [...numbered.slice(0, title), ...blocks.body.filter((line) => !secondTask(line, problems))];
  for (const field of blocks.fields) {
    const section = sectionKeyOf(field.label);
    const label = LABELS.get(plainName(field.label));
    if (label !== undefined)
      addEntry({ key: label[0], line: field.line, value: label[1](field, problems) }, entries, problems);
    else if (section !== undefined) body.push(...sectionLines(SECTION_TITLES[section], field));
    else if (!IGNORED.has(plainName(field.label))) problems.push(unknownLabel(field));
  }
  return { fields: { kind: "map", line: title + 1, entries }, body, problems };
}

function addEntry(entry: RawEntry, entries: RawEntry[], problems: Problem[]): void {
  const first = entries.find((other) => other.key === entry.key);
  if (first === undefined) entries.push(entry);
  else {
    const message = `the field ${quoted(entry.key)} is there twice; first on line ${first.line}`;
    problems.push({ rule: "envelope/duplicate-key", line: entry.line, message, hint: "keep one of the two" });
  }
}

function strayBullet({ text, line }: BodyLine): Problem {
  const message = `the bullet ${quoted(text)} is no field`;
  return {
    rule: "envelope/syntax",
    line,
    message,
    hint: "write - **Label**: text, and indent what belongs to a label",
  };
}

function secondTask({ text, line }: BodyLine, problems: Problem[]): boolean {
  if (!TITLE.test(text)) return false;
  problems.push({
    rule: "envelope/syntax",
    line,
    message: "a second task starts here",
    hint: "one file holds one envelope",
  });
  return true;
}

function unknownLabel(field: ListField): Problem {
  const near = nearestName(field.label, [...SHOWN_LABELS, ...Object.values(SECTION_TITLES)]);
  const message = `there is no field ${quoted(field.label)}`;
  const hint = near === undefined ? `fields are: ${SHOWN_LABELS.join(", ")}` : `did you mean "**${near}**"?`;
  return { rule: "envelope/unknown-key", line: field.line, message, hint };
}

function sectionLines(title: string, field: ListField): BodyLine[] {
  const bullets = field.items.flatMap((item) => [item, ...item.children]);
  const items = bullets.map((item): BodyLine => ({ text: `- ${joined(item.lines)}`, line: item.line }));
  return [{ text: `## ${title}`, line: field.line }, { text: joined(field.text), line: field.line }, ...items];
}

function textOf(field: ListField): string {
  return [joined(field.text), ...field.items.map((item) => joined(item.lines))]
    .filter((text) => text !== "")
    .join("; ");
}

function asText(field: ListField): RawNode {
  return rawText(textOf(field), field.line);
}

function asTextOrNone(field: ListField): RawNode {
  const text = textOf(field);
  return isNone(text) ? nothing(field.line) : rawText(text, field.line);
}

function wordOf(field: ListField): string {
  return (
    bare(textOf(field))
      .split(/[\s,;(—–]/, 1)[0]
      ?.replaceAll(/[*`.]/g, "") ?? ""
  );
}

function asWord(field: ListField): RawNode {
  return rawText(wordOf(field), field.line);
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ["on", true],
  ["yes", true],
  ["true", true],
  ["off", false],
  ["no", false],
  ["false", false],
  ["none", false],
]);

function asFlag(field: ListField): RawNode {
  const word = wordOf(field);
  return { kind: "scalar", line: field.line, value: FLAGS.get(word.toLowerCase()) ?? word, source: word };
}

function asNumber(field: ListField): RawNode {
  const word = wordOf(field);
  return { kind: "scalar", line: field.line, value: /^\d{1,9}$/.test(word) ? Number(word) : word, source: word };
}

/** The texts of a field: its nested bullets, and its own line cut at the separators. */
function parts(field: ListField, separators: string): { text: string; line: number }[] {
  const own = joined(field.text);
  const inline = isNone(own) ? [] : splitOutside(own, separators).map((text) => ({ text, line: field.line }));
  const nested = field.items.map((item) => ({ text: joined(item.lines), line: item.line }));
  return [...inline, ...nested.filter(({ text }) => text !== "" && !(field.items.length === 1 && isNone(text)))];
}

function list(field: ListField, items: readonly RawNode[]): RawNode {
  return { kind: "list", line: field.line, items };
}

function asNames(field: ListField): RawNode {
  return list(
    field,
    parts(field, ",;").map(({ text, line }) => rawText(bare(text), line)),
  );
}

function asSentences(field: ListField): RawNode {
  return list(
    field,
    parts(field, ";").map(({ text, line }) => rawText(text, line)),
  );
}

function asInputs(field: ListField): RawNode {
  return list(
    field,
    parts(field, ";").map(({ text, line }) => record(parseInput(text), line)),
  );
}

function asCriteria(field: ListField): RawNode {
  const own = joined(field.text);
  const inline: ListItem[] =
    own === "" || isNone(own) ? [] : [{ line: field.line, indent: 0, lines: [own], children: [] }];
  return list(field, [...inline, ...field.items].map(criterionOf));
}

/** A criterion whose command may also stand in a bullet below it: `- verify: \`cmd\``. */
function criterionOf(item: ListItem): RawNode {
  const below = item.children.map((child) => parseCriterion(joined(child.lines)));
  const own = parseCriterion(joined(item.lines));
  const verify = own.verify ?? below.find((child) => child.verify !== undefined)?.verify;
  const loopback =
    own.loopback === true || below.some((child) => child.loopback === true) || item.children.some(isLoopback);
  return record(
    { text: own.text, ...(verify === undefined ? {} : { verify }), ...(loopback ? { loopback } : {}) },
    item.line,
  );
}

function isLoopback(item: ListItem): boolean {
  return /^\W{0,3}loopback\W{0,4}(?:true|yes|on)?\W{0,2}$/i.test(joined(item.lines));
}

function asBudget(field: ListField, problems: Problem[]): RawNode {
  const own = [joined(field.text), ...field.items.map((item) => joined(item.lines))].join("; ");
  const { budget, unread } = parseBudget(own.replaceAll("**", ""));
  for (const part of unread) {
    const message = `the budget ${quoted(part)} says nothing known`;
    problems.push({
      rule: "envelope/type",
      line: field.line,
      message,
      hint: "for example: 40 tool calls, 25 min, $1.5, 200k tokens",
    });
  }
  return record(budget, field.line);
}

function asOutput(field: ListField): RawNode {
  const text = textOf(field);
  if (isNone(text) || text === "") return nothing(field.line);
  const named = (name: string) =>
    new RegExp(`(?:^|[;,] ?)${name}\\s{0,3}:\\s{0,3}([^;,]{1,300})`, "i").exec(text.replaceAll("**", ""))?.[1];
  const path = named("path");
  const format = named("format");
  if (path !== undefined)
    return record({ path: bare(path), ...(format === undefined ? {} : { format: bare(format) }) }, field.line);
  const [first = "", second] = splitOutside(text, ",;");
  const input = parseInput(first);
  const kind = format ?? input.note ?? second;
  return record({ path: input.path, ...(kind === undefined ? {} : { format: bare(kind) }) }, field.line);
}

function nothing(line: number): RawScalar {
  return { kind: "scalar", line, value: null, source: "none" };
}

function record(values: Readonly<Record<string, string | number | boolean>> | object, line: number): RawNode {
  const entries = Object.entries(values).map(([key, value]): RawEntry => {
    const scalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
    return { key, line, value: { kind: "scalar", line, value: scalar, source: String(scalar ?? "") } };
  });
  return { kind: "map", line, entries };
}
