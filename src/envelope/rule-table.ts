import type { ErrorCode } from "../kernel/error-table.ts";
import type { LintFinding } from "../model/envelope.ts";
import { PARSE_RULES } from "./problem.ts";
import type { Rule } from "./rule.ts";
import { CONTENT_RULES } from "./rules/contents.ts";
import { CRITERIA_RULES } from "./rules/criteria.ts";
import { INPUT_RULES } from "./rules/inputs.ts";
import { LANE_RULES } from "./rules/lanes.ts";
import { ORDER_RULES } from "./rules/order.ts";
import { REQUIRED_RULES } from "./rules/required.ts";
import { SCOPE_RULES } from "./rules/scope.ts";
import { SIZE_RULES } from "./rules/size.ts";
import { TEXT_RULES } from "./rules/text.ts";

/** Every rule that looks at what was read, in no particular order. */
export const LINT_RULES: readonly Rule[] = [
  ...TEXT_RULES,
  ...REQUIRED_RULES,
  ...SIZE_RULES,
  ...INPUT_RULES,
  ...CONTENT_RULES,
  ...CRITERIA_RULES,
  ...SCOPE_RULES,
  ...ORDER_RULES,
  ...LANE_RULES,
];

/** A rule as it is documented. `code`: error code of a dispatch that is refused for it. */
export interface RuleTableRow {
  readonly id: string;
  readonly severity: LintFinding["severity"];
  readonly why: string;
  readonly code: ErrorCode;
}

/** All rules a finding can name, sorted by id; `docs/lint-rules.md` is generated from it. */
export const RULE_TABLE: readonly RuleTableRow[] = [
  ...Object.entries(PARSE_RULES).map(([id, { severity, why }]): RuleTableRow => ({
    id,
    severity,
    why,
    code: "ENVELOPE_INVALID",
  })),
  ...LINT_RULES.map(({ id, severity, why, code }): RuleTableRow => ({
    id,
    severity,
    why,
    code: code ?? "ENVELOPE_INVALID",
  })),
].sort((a, b) => (a.id < b.id ? -1 : 1));
