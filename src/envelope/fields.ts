import { EFFORTS, LANES, RISKS, ROLES, SIZES, type Budget, type Criterion, type Envelope } from "../model/envelope.ts";
import { isTaskId } from "../kernel/ids.ts";
import { flag, listOf, mapOf, number, oneOf, type Reader, type Shape, text, wrongType } from "./field-types.ts";
import { isNone, parseBudget, parseCriterion, parseInput, splitOutside } from "./inline.ts";
import { tidyPath, tidyPattern } from "./paths.ts";
import { quoted } from "./problem.ts";
import type { RawNode } from "./raw.ts";

/** The keys of an envelope as they can be written; null is a legal value of two of them. */
export type Fields = Omit<Envelope, "sections" | "output" | "checkpoint"> & {
  readonly output: NonNullable<Envelope["output"]> | "none";
  readonly checkpoint: string;
};

const MOST = Number.MAX_SAFE_INTEGER;

const taskId: Reader<string> = (node, at, reading) => {
  const id = text("task: add-limiter")(node, at, reading);
  if (id === undefined || isTaskId(id)) return id;
  const message = `${quoted(id)} is no task id`;
  const hint =
    "1 to 64 characters a-z 0-9 . _ -, starting with a letter or digit, without .. and not ending in . or .lock";
  reading.problems.push({ rule: "envelope/task-id", line: node.line, message, hint });
  return undefined;
};

/** Names that may stand in one text with commas between them. */
function names(example: string, tidy: (name: string) => string): Reader<string[]> {
  const read = listOf(text(example), example);
  return (node, at, reading) => {
    if (node.kind === "scalar" && typeof node.value === "string" && node.value.includes(",")) {
      const items = splitOutside(node.value, ",").map((value): RawNode => ({
        kind: "scalar",
        line: node.line,
        value,
        source: value,
      }));
      return read({ kind: "list", line: node.line, items }, at, reading)?.map(tidy);
    }
    return read(node, at, reading)?.map(tidy);
  };
}

function scalarText(node: RawNode): string | undefined {
  return node.kind === "scalar" && typeof node.value === "string" ? node.value.trim() : undefined;
}

const INPUT_EXAMPLE = "- { path: src/server.ts, note: HTTP entry point }";
const inputMap = mapOf<Envelope["inputs"][number]>(
  { path: text(INPUT_EXAMPLE), note: text(INPUT_EXAMPLE) },
  INPUT_EXAMPLE,
  {
    file: "path",
    description: "note",
    why: "note",
  },
);

const input: Reader<Envelope["inputs"][number]> = (node, at, reading) => {
  const written = scalarText(node);
  reading.lines.set(at, node.line);
  if (written !== undefined && written !== "") {
    const { path, note } = parseInput(written);
    return { path: tidyPath(path), ...(note === undefined ? {} : { note }) };
  }
  const read = inputMap(node, at, reading);
  if (read === undefined) return undefined;
  if (read.path === undefined) {
    return has(node, "path")
      ? undefined
      : wrongType(node, at, reading, { is: "a path with a note", example: INPUT_EXAMPLE });
  }
  return { path: tidyPath(read.path), ...(read.note === undefined ? {} : { note: read.note }) };
};

const CRITERION_EXAMPLE = `- { text: The 101st request gets 429, verify: "npm test" }`;
const criterionMap = mapOf<Criterion>(
  { text: text(CRITERION_EXAMPLE), verify: text("verify: npm test"), loopback: flag("loopback: true") },
  CRITERION_EXAMPLE,
  { criterion: "text", check: "verify", command: "verify", test: "verify", cmd: "verify" },
);

const criterion: Reader<Criterion> = (node, at, reading) => {
  const written = scalarText(node);
  reading.lines.set(at, node.line);
  if (written !== undefined && written !== "") return parseCriterion(written);
  const read = criterionMap(node, at, reading);
  if (read === undefined) return undefined;
  const words =
    read.text ?? (read.verify === undefined || has(node, "text") ? undefined : `${read.verify} ends with exit code 0`);
  if (words === undefined) {
    return has(node, "text")
      ? undefined
      : wrongType(node, at, reading, { is: "a criterion with a text", example: CRITERION_EXAMPLE });
  }
  return { ...read, text: words };
};

const BUDGET_EXAMPLE = "budget: { toolCalls: 40, tokens: 200000, usd: 1.5, minutes: 25 }";
const budgetMap = mapOf<Budget>(
  {
    toolCalls: number({ least: 1, most: MOST, whole: true }, "toolCalls: 40"),
    tokens: number({ least: 1, most: MOST, whole: true }, "tokens: 200000"),
    usd: number({ least: Number.MIN_VALUE, most: MOST, whole: false }, "usd: 1.5"),
    minutes: number({ least: Number.MIN_VALUE, most: MOST, whole: false }, "minutes: 25"),
  },
  BUDGET_EXAMPLE,
  {
    calls: "toolCalls",
    tools: "toolCalls",
    dollars: "usd",
    money: "usd",
    cost: "usd",
    time: "minutes",
    min: "minutes",
  },
);

const budget: Reader<Budget> = (node, at, reading) => {
  const written = scalarText(node);
  if (written === undefined || written === "") return budgetMap(node, at, reading);
  reading.lines.set(at, node.line);
  const parsed = parseBudget(written);
  const known = {
    toolCalls: parsed.budget["toolCalls"],
    tokens: parsed.budget["tokens"],
    usd: parsed.budget["usd"],
    minutes: parsed.budget["minutes"],
  };
  const read = parsed.unread.length === 0;
  const entries = Object.entries(known).filter(([, value]) => value !== undefined);
  if (read && entries.length > 0) return Object.fromEntries(entries);
  return wrongType(node, at, reading, { is: "a map of limits", example: BUDGET_EXAMPLE });
};

const OUTPUT_EXAMPLE = "output: { path: docs/limiter.md, format: markdown }";
const outputMap = mapOf<NonNullable<Envelope["output"]>>(
  { path: text("path: docs/limiter.md"), format: text("format: markdown") },
  OUTPUT_EXAMPLE,
  { file: "path", type: "format" },
);

const output: Reader<Fields["output"]> = (node, at, reading) => {
  reading.lines.set(at, node.line);
  const written = scalarText(node);
  if ((node.kind === "scalar" && node.value === null) || (written !== undefined && isNone(written))) return "none";
  if (written !== undefined && written !== "") return { path: tidyPath(parseInput(written).path) };
  const read = outputMap(node, at, reading);
  if (read === undefined) return undefined;
  if (read.path === undefined) {
    return has(node, "path")
      ? undefined
      : wrongType(node, at, reading, { is: "a map with a path", example: OUTPUT_EXAMPLE });
  }
  return { ...read, path: tidyPath(read.path) };
};

const checkpoint: Reader<string> = (node, at, reading) => {
  reading.lines.set(at, node.line);
  if (node.kind === "scalar" && node.value === null) return "";
  const read = text("checkpoint: after the unit tests pass")(node, at, reading);
  return read !== undefined && isNone(read) ? "" : read;
};

function has(node: RawNode, key: string): boolean {
  return node.kind === "map" && node.entries.some((entry) => entry.key === key);
}

/** How every key of an envelope is read (contract, "Envelope"). */
export const FIELD_READERS: Shape<Fields> = {
  task: taskId,
  goal: text("goal: Add a token-bucket rate limiter to the public API."),
  size: oneOf(SIZES, "size: full"),
  risk: oneOf(RISKS, "risk: medium"),
  role: oneOf(ROLES, "role: coder"),
  lane: oneOf(LANES, "lane: worktree"),
  after: names("after: [other-task]", (id) => id),
  inputs: listOf(input, INPUT_EXAMPLE),
  acceptance: listOf(criterion, CRITERION_EXAMPLE),
  write: names('write: ["src/**", "test/**"]', tidyPattern),
  allow: names("allow: [read, write, test]", (name) => name),
  forbid: listOf(text('forbid: ["new dependencies"]'), 'forbid: ["new dependencies"]'),
  network: flag("network: true"),
  effort: oneOf(EFFORTS, "effort: auto"),
  budget,
  checkpoint,
  stop: listOf(text('stop: ["the entry point is missing"]'), 'stop: ["the entry point is missing"]'),
  output,
  reviewers: number({ least: 0, most: 2, whole: true }, "reviewers: 1"),
};

/** Names people use for the keys, by plain name. */
export const FIELD_ALIASES: Readonly<Record<string, string>> = {
  id: "task",
  name: "task",
  title: "goal",
  objective: "goal",
  criteria: "acceptance",
  acceptancecriteria: "acceptance",
  dependson: "after",
  depends: "after",
  dependencies: "after",
  writescope: "write",
  scope: "write",
  files: "inputs",
  allowed: "allow",
  allowedtools: "allow",
  tools: "allow",
  forbidden: "forbid",
  stopif: "stop",
  stopconditions: "stop",
  reviewer: "reviewers",
  limits: "budget",
};
