import { SECTION_TITLES, type Envelope } from "../../model/envelope.ts";
import { HANDOFF_SECTIONS } from "../parse.ts";
import { type EnvelopeRule, type Hit, hitIf, type Subject } from "../rule.ts";

/** A field that a size asks for. `there` tells whether it says something; `example` is the line to add. */
interface Requirement {
  readonly key: string;
  readonly sizes: readonly Envelope["size"][];
  readonly there: (subject: Subject) => boolean;
  readonly example: string;
}

const ALL = ["light", "full", "handoff"] as const;
const FULL = ["full", "handoff"] as const;

const REQUIREMENTS: readonly Requirement[] = [
  {
    key: "inputs",
    sizes: ALL,
    there: (subject) => subject.stateOf("inputs") === "read",
    example: "inputs: none, or a list of { path, note }",
  },
  {
    key: "stop",
    sizes: ALL,
    there: ({ envelope }) => envelope.stop.length > 0,
    example: 'stop: ["the same step fails three times"]',
  },
  {
    key: "acceptance",
    sizes: FULL,
    there: ({ envelope }) => envelope.acceptance.length > 0,
    example: 'acceptance: [{ text: The new test passes, verify: "npm test" }]',
  },
  {
    key: "write",
    sizes: FULL,
    there: ({ envelope }) => envelope.write.length > 0,
    example: 'write: ["src/**", "test/**"]',
  },
  {
    key: "budget",
    sizes: FULL,
    there: ({ envelope }) => Object.keys(envelope.budget).length > 0,
    example: "budget: { toolCalls: 40, minutes: 25 }",
  },
  { key: "risk", sizes: FULL, there: (subject) => subject.stateOf("risk") === "read", example: "risk: medium" },
];

const SIZE_WORDS = { light: "a light envelope", full: "a full envelope", handoff: "a structured handoff" } as const;

function missingFields(subject: Subject): Hit[] {
  const { size } = subject.envelope;
  return REQUIREMENTS.flatMap((row): Hit[] => {
    // A value that could not be read has a finding of its own.
    if (!row.sizes.includes(size) || subject.stateOf(row.key) === "unread" || row.there(subject)) return [];
    const hint = size === "light" || row.sizes.includes("light") ? row.example : `${row.example}; or write size: light`;
    return [
      { line: subject.lineOf(row.key), message: `${SIZE_WORDS[size]} needs ${row.key}`, hint: `for example ${hint}` },
    ];
  });
}

export const REQUIRED_RULES: readonly EnvelopeRule[] = [
  {
    id: "envelope/required",
    severity: "error",
    why: "Each size has fields without which a worker has to guess (light: inputs, stop; full: also acceptance, write, budget, risk).",
    check: missingFields,
  },
  {
    id: "envelope/no-result",
    severity: "error",
    why: "Without an output or a criterion nothing can tell whether the task is done.",
    check: (subject) => {
      const { size, output, acceptance } = subject.envelope;
      const unread = subject.stateOf("output") === "unread" || subject.stateOf("acceptance") === "unread";
      const missing = size === "light" && output === null && acceptance.length === 0 && !unread;
      return hitIf(
        missing,
        subject.lineOf(""),
        "there is neither output nor acceptance",
        "add output: { path: docs/result.md } or acceptance",
      );
    },
  },
  {
    id: "envelope/section-missing",
    severity: "error",
    why: "A structured handoff carries what the receiver cannot look up: context, interface, anti-patterns and checklist.",
    check: (subject) => {
      if (subject.envelope.size !== "handoff") return [];
      const missing = HANDOFF_SECTIONS.filter((key) => subject.envelope.sections[key] === undefined);
      return missing.map((key) => ({
        line: subject.lineOf(`sections.${key}`),
        message: `a structured handoff needs the section "## ${SECTION_TITLES[key]}"`,
        hint: "write it below the front matter; or write size: full",
      }));
    },
  },
  {
    id: "envelope/data-integrity",
    severity: "warning",
    why: "Work on predictions, backtests and training data fails silently when data from the future leaks in.",
    check: (subject) => {
      const { goal, acceptance, sections, size } = subject.envelope;
      const text = [goal, sections.context ?? "", ...acceptance.map((criterion) => criterion.text)].join("\n");
      const algorithm =
        /\b(?:backtest|walk-forward|sharpe|look-?ahead|trading strateg|training (?:data|set)|train\/test|forecast model)/i.test(
          text,
        );
      return hitIf(
        size !== "light" && algorithm && sections.dataIntegrity === undefined,
        subject.lineOf("goal"),
        "this looks like algorithm work and says nothing about its data",
        `add "## ${SECTION_TITLES.dataIntegrity}": no look-ahead, point-in-time data, purge and embargo, realistic costs`,
      );
    },
  },
];
