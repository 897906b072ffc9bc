import { RULE_TABLE } from "../../src/envelope/rule-table.ts";
import { code, markdownPage, markdownTable } from "./markdown.ts";

/** docs/lint-rules.md: every rule that a finding of `cco lint` can name. */
export function renderLintRulesPage(): string {
  const rows = RULE_TABLE.map((rule) => [code(rule.id), rule.severity, rule.why, code(rule.code)]);
  return markdownPage("Lint rules of envelopes", [
    "`cco lint FILE…` names the line, the rule and the severity of each finding. It ends with 2 when there is an error; `cco dispatch` lints as well and refuses an envelope with errors with the code of the rule.",
    markdownTable(["rule", "severity", "why", "code"], rows),
  ]);
}
