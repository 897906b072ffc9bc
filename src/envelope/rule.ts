import type { ErrorCode } from "../kernel/error-table.ts";
import type { Envelope, LintFinding } from "../model/envelope.ts";
import type { FieldState } from "./parse.ts";

/** One envelope as the rules see it. */
export interface Subject {
  readonly file: string;
  readonly envelope: Envelope;
  /** Whether a key stands in the file, and whether its value could be read. */
  readonly stateOf: (key: string) => FieldState;
  /** 1-based line of a key path such as `acceptance.0.verify`, or of what it is part of. */
  readonly lineOf: (keyPath: string) => number;
}

/** What a rule may ask about the world: files are asked for by their path in the repository. */
export interface LintContext {
  /** True when a file or folder exists. */
  readonly exists: (path: string) => boolean;
  /** Ids of tasks that were submitted before. */
  readonly knownTasks: ReadonlySet<string>;
}

/** Everything that is linted together. */
export interface LintSet extends LintContext {
  readonly subjects: readonly Subject[];
}

/** One remark of a rule. `line` is 1-based in the file. */
export interface Hit {
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

interface RuleRow {
  readonly id: string;
  readonly severity: LintFinding["severity"];
  /** The reason for the rule, in one sentence. */
  readonly why: string;
  /** Error code of a dispatch that is refused for it; absent: ENVELOPE_INVALID. */
  readonly code?: ErrorCode;
}

/** Looks at one envelope; the rest of the set is there to look up other tasks. */
export interface EnvelopeRule extends RuleRow {
  check(subject: Subject, set: LintSet): readonly Hit[];
}

/** Looks at all envelopes together, once. */
export interface SetRule extends RuleRow {
  checkSet(set: LintSet): readonly (Hit & { readonly file: string })[];
}

/** Looks at the text of a file as it stands, readable or not. */
export interface TextRule extends RuleRow {
  checkText(text: string): readonly Hit[];
}

export type Rule = EnvelopeRule | SetRule | TextRule;

/** One hit when the condition holds, else none. */
export function hitIf(condition: boolean, line: number, message: string, hint: string): readonly Hit[] {
  return condition ? [{ line, message, hint }] : [];
}
