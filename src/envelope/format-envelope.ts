import { SECTION_TITLES, type Criterion, type Envelope } from "../model/envelope.ts";
import { SECTION_KEYS } from "./sections.ts";

/** An envelope as markdown with front matter; reading it back gives the same envelope. Defaults that say nothing are left out. */
export function formatEnvelope(envelope: Envelope): string {
  const { budget, output } = envelope;
  const lines = [
    "---",
    `task: ${scalar(envelope.task)}`,
    `goal: ${scalar(envelope.goal)}`,
    `size: ${envelope.size}`,
    `risk: ${envelope.risk}`,
    ...(envelope.role === "coder" ? [] : [`role: ${envelope.role}`]),
    ...(envelope.lane === "worktree" ? [] : [`lane: ${envelope.lane}`]),
    ...flowList("after", envelope.after),
    ...(envelope.inputs.length === 0 ? ["inputs: none"] : ["inputs:", ...envelope.inputs.flatMap(inputLines)]),
    ...(envelope.acceptance.length === 0 ? [] : ["acceptance:", ...envelope.acceptance.flatMap(criterionLines)]),
    ...flowList("write", envelope.write),
    ...flowList("allow", envelope.allow),
    ...blockList("forbid", envelope.forbid),
    ...(envelope.network ? ["network: true"] : []),
    ...(envelope.effort === "auto" ? [] : [`effort: ${envelope.effort}`]),
    ...(Object.keys(budget).length === 0 ? [] : [`budget: { ${pairs(budget)} }`]),
    ...(envelope.checkpoint === null ? [] : [`checkpoint: ${scalar(envelope.checkpoint)}`]),
    ...blockList("stop", envelope.stop),
    ...(output === null
      ? []
      : [
          "output:",
          `  path: ${scalar(output.path)}`,
          ...(output.format === undefined ? [] : [`  format: ${scalar(output.format)}`]),
        ]),
    ...(envelope.reviewers === 1 ? [] : [`reviewers: ${envelope.reviewers}`]),
    "---",
  ];
  const sections = SECTION_KEYS.flatMap((key) => {
    const text = envelope.sections[key];
    return text === undefined ? [] : [`## ${SECTION_TITLES[key]}`, text, ""];
  });
  return `${[...lines, ...sections].join("\n").trimEnd()}\n`;
}

/** A text as it may stand after a key: plain when nothing in it means anything to YAML, else as a JSON string. */
function scalar(text: string): string {
  const plain = /^[A-Za-z][A-Za-z0-9 _./()+-]*$/.test(text) && !text.endsWith(" ");
  return plain && !/^(?:true|false|null|none|nothing|n\/a)\.?$/i.test(text) ? text : JSON.stringify(text);
}

function flowList(key: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${key}: [${items.map((item) => JSON.stringify(item)).join(", ")}]`];
}

function blockList(key: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${key}:`, ...items.map((item) => `  - ${scalar(item)}`)];
}

function inputLines(input: Envelope["inputs"][number]): string[] {
  return [`  - path: ${scalar(input.path)}`, ...(input.note === undefined ? [] : [`    note: ${scalar(input.note)}`])];
}

function criterionLines(criterion: Criterion): string[] {
  return [
    `  - text: ${scalar(criterion.text)}`,
    ...(criterion.verify === undefined ? [] : [`    verify: ${scalar(criterion.verify)}`]),
    ...(criterion.loopback === undefined ? [] : [`    loopback: ${criterion.loopback}`]),
  ];
}

function pairs(values: Readonly<Record<string, number | undefined>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${value}`)
    .join(", ");
}
