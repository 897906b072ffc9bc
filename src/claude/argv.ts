/** What differs from review to review. */
export interface ReviewerArguments {
  readonly model: string;
  /** Money limit; Claude Code checks it after each answer, so that one answer may overshoot it. */
  readonly usd: number;
  readonly systemPrompt: string;
  /** JSON schema of the answer: draft-07, an object at the root. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Turns after which a review is given up. */
const MAX_TURNS = 30;

/**
 * Makes the session read-only, and deaf to what the repository wants it to load or to run: settings, hooks, MCP
 * servers, memory files, another server for its requests. Each one alone is not enough (measured on 2.1.330).
 */
const CONFINEMENT = [
  "--restricted",
  "--strict-mcp-config",
  "--tools",
  "Read,Grep,Glob",
  "--permission-mode",
  "dontAsk",
  "--permission-prompts",
  "none",
  "--no-session-persistence",
  "--disable-slash-commands",
] as const;

/** Options that `claude --help` has to list, or there is no review. (`--max-turns` exists, but is not listed.) */
export const REQUIRED_OPTIONS: readonly string[] = [
  ...CONFINEMENT.filter((word) => word.startsWith("--")),
  "--json-schema",
  "--max-budget-usd",
  "--append-system-prompt",
];

/**
 * Arguments of one review. The prompt is not among them: it goes in on stdin, because an argument is limited to
 * 128 KiB and stands in the process list of the machine.
 */
export function reviewerArguments({ model, usd, systemPrompt, schema }: ReviewerArguments): string[] {
  return [
    "-p",
    "--output-format",
    "json",
    "--json-schema",
    JSON.stringify(schema),
    ...CONFINEMENT,
    "--max-turns",
    String(MAX_TURNS),
    "--max-budget-usd",
    String(usd),
    "--model",
    model,
    "--append-system-prompt",
    systemPrompt,
  ];
}
