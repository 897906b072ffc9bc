import type { CommandRow, OptionRow } from "../../src/cli/command-row.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "../../src/cli/command-table.ts";
import { code, markdownPage, markdownTable } from "./markdown.ts";

const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "done as asked (dispatch: every task accepted)"],
  ["1", "the work failed (at least one task failed)"],
  ["2", "usage, invalid envelope, invalid config"],
  ["3", "a person has to decide (an open card holds at least one task, none failed)"],
  ["4", "refused before anything started"],
  ["5", "cancelled"],
  ["6", "parked as a dead letter"],
  ["7", "environment: codex or claude missing, too old, not logged in, sandbox cannot start"],
  ["70", "a bug in cco (with the path of the report it wrote)"],
];

function optionTable(options: readonly OptionRow[]): string {
  return markdownTable(
    ["option", "what it does"],
    options.map(({ flags, about, choices }) => [
      code(flags),
      choices === undefined ? about : `${about}: ${choices.map(code).join(", ")}`,
    ]),
  );
}

function commandSection({ name, args, about, options, examples }: CommandRow): string {
  const synopsis = code(["cco", name, args, options.length > 0 ? "[options]" : ""].filter(Boolean).join(" "));
  return [
    `## cco ${name}`,
    `${synopsis} — ${about}`,
    ...(options.length > 0 ? [optionTable(options)] : []),
    `\`\`\`sh\n${examples.join("\n")}\n\`\`\``,
  ].join("\n\n");
}

/** docs/cli.md: every command with its options and examples. */
export function renderCliPage(): string {
  return markdownPage("Commands", [
    "Results go to stdout, progress and warnings to stderr. With `--json` stdout holds exactly one JSON document (commands that follow something: JSON lines). Nothing waits for input when stdin is not a terminal; `NO_COLOR` is respected.",
    `## Options of every command\n\n${optionTable(GLOBAL_OPTIONS)}`,
    `## Exit codes\n\n${markdownTable(["exit", "meaning"], EXIT_CODES)}`,
    ...COMMANDS.map(commandSection),
  ]);
}
