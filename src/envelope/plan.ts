import type { LintFinding } from "../model/envelope.ts";
import { nearestName } from "../kernel/did-you-mean.ts";
import { linesOf, MOST_CHARACTERS, type ParsedEnvelope, readInline, tooLarge } from "./parse.ts";
import { type Problem, quoted, toFindings } from "./problem.ts";
import { describeNode, type RawEntry, type RawMap, type RawNode } from "./raw.ts";
import type { BodyLine } from "./sections.ts";
import { readYaml } from "./yaml-reader.ts";

/** One task of a plan: the path of an envelope as written, relative to the plan, or an envelope inside it. */
export type PlanTask =
  | { readonly kind: "path"; readonly path: string; readonly line: number }
  | { readonly kind: "inline"; readonly parsed: ParsedEnvelope };

export interface ParsedPlan {
  readonly tasks: readonly PlanTask[];
  readonly findings: readonly LintFinding[];
}

/** True when a file is a plan and not an envelope: its name ends in .yaml or .yml, or its first key is `tasks:`. */
export function isPlan(text: string, file: string): boolean {
  if (/\.ya?ml$/i.test(file)) return true;
  return /^\uFEFF?(?:[ \t]*(?:#[^\n]*)?\r?\n)*tasks[ \t]*:/.test(text.slice(0, 10_000));
}

const EXAMPLE = "tasks: [tasks/limiter.md, tasks/docs.md]";

/** Reads a plan. Never throws; what is wrong is among the findings. Inline envelopes may carry `body:`, their markdown. */
export function parsePlan(text: string, file: string): ParsedPlan {
  if (text.length > MOST_CHARACTERS) return { tasks: [], findings: toFindings(file, [tooLarge(text)]) };
  const { root, problems: found } = readYaml(withoutMarks(linesOf(text)), 1);
  const problems = [...found];
  if (root === null && problems.length > 0) return { tasks: [], findings: toFindings(file, problems) };
  const entries = root?.kind === "map" ? root.entries : [];
  for (const entry of entries) if (entry.key !== "tasks") problems.push(unknownKey(entry));
  const list = entries.find((entry) => entry.key === "tasks")?.value;
  if (list?.kind !== "list" || list.items.length === 0) {
    const message =
      list === undefined
        ? "the plan has no tasks"
        : `tasks has to be a list, but is ${list.kind === "list" ? "empty" : describeNode(list)}`;
    problems.push({
      rule: "envelope/plan",
      line: list?.line ?? root?.line ?? 1,
      message,
      hint: `for example ${EXAMPLE}`,
    });
  }
  const tasks = (list?.kind === "list" ? list.items : []).flatMap((node) => planTask(node, file, problems));
  const inline = tasks.flatMap((task) => (task.kind === "inline" ? task.parsed.findings : []));
  return { tasks, findings: [...toFindings(file, problems), ...inline] };
}

/** The same lines with the `---` marks of a YAML document emptied, so that line numbers stay. */
function withoutMarks(lines: readonly string[]): string {
  return lines.map((line) => (line.trimEnd() === "---" || line.startsWith("%") ? "" : line)).join("\n");
}

function unknownKey(entry: RawEntry): Problem {
  const near = nearestName(entry.key, ["tasks"]);
  const hint = near === undefined ? `a plan has one key: ${EXAMPLE}` : `did you mean ${near}?`;
  return {
    rule: "envelope/unknown-key",
    line: entry.line,
    message: `there is no key ${quoted(entry.key)} in a plan`,
    hint,
  };
}

function planTask(node: RawNode, file: string, problems: Problem[]): PlanTask[] {
  if (node.kind === "scalar" && typeof node.value === "string" && node.value.trim() !== "") {
    return [{ kind: "path", path: node.value.trim(), line: node.line }];
  }
  if (node.kind === "map") return [{ kind: "inline", parsed: inlineEnvelope(node, file) }];
  const message = `a task of a plan has to be a path or the fields of an envelope, but is ${describeNode(node)}`;
  problems.push({ rule: "envelope/plan", line: node.line, message, hint: `for example ${EXAMPLE}` });
  return [];
}

function inlineEnvelope(node: RawMap, file: string): ParsedEnvelope {
  const body = node.entries.find((entry) => entry.key === "body")?.value;
  const text = body?.kind === "scalar" && typeof body.value === "string" ? body : undefined;
  // A block text starts on the line after its key.
  const first = (text?.line ?? node.line) + 1;
  const lines = (text === undefined ? [] : String(text.value).split("\n")).map((each, index): BodyLine => ({
    text: each,
    line: first + index,
  }));
  const entries = text === undefined ? node.entries : node.entries.filter((entry) => entry.key !== "body");
  return readInline({ ...node, entries }, lines, file);
}
