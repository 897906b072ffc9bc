import type { ErrorClass } from "../../src/kernel/error-row.ts";
import { ERROR_TABLE, errorRow, isErrorCode } from "../../src/kernel/error-table.ts";
import { exitCodeOf } from "../../src/kernel/errors.ts";
import { code, markdownPage, markdownTable } from "./markdown.ts";

const CLASSES: Readonly<Record<ErrorClass, string>> = {
  transient: "passes by itself; tried again after a wait",
  auth: "login, key or plan; never tried again by itself",
  request: "the request itself is wrong; never tried again as it is",
  logic: "the work is not right yet; a fresh attempt with feedback may help",
  state: "something on disk or in a process is not as it should be",
  catastrophic: "cco itself is broken",
  environment: "something on this machine is missing or does not work",
};

/** docs/errors.md: every error code by family, in the order of the table. */
export function renderErrorPage(): string {
  const families = new Map<string, string[][]>();
  for (const name of Object.keys(ERROR_TABLE).filter(isErrorCode)) {
    const row = errorRow(name);
    const family = name.split("_", 1)[0] ?? name;
    const rows = families.get(family) ?? [];
    rows.push([code(name), row.class, String(exitCodeOf(name)), row.why, row.hint]);
    families.set(family, rows);
  }
  const sections = [...families].map(
    ([family, rows]) =>
      `## ${family}\n\n${markdownTable(["code", "class", "exit", "what it means", "what to do next"], rows)}`,
  );
  return markdownPage("Error codes", [
    "Every error names its code. Match on the code, never on the message. The exit code is the one a command ends with when this error ends it.",
    markdownTable(
      ["class", "what may be done about it"],
      Object.entries(CLASSES).map(([name, meaning]) => [code(name), meaning]),
    ),
    ...sections,
  ]);
}
