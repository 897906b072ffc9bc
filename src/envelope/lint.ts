import { CcoError } from "../kernel/errors.ts";
import type { Envelope, Lane, LintFinding } from "../model/envelope.ts";
import { redact } from "../guard/secrets.ts";
import { formatEnvelope } from "./format-envelope.ts";
import { type ParsedEnvelope, parseEnvelope } from "./parse.ts";
import { isPlan, parsePlan } from "./plan.ts";
import { quoted, toFindings } from "./problem.ts";
import type { Hit, LintContext, LintSet, Rule, Subject } from "./rule.ts";
import { LINT_RULES, RULE_TABLE } from "./rule-table.ts";

export type { LintContext } from "./rule.ts";

/** A file as handed in: its name as the user knows it, and its text. */
export interface EnvelopeFile {
  readonly file: string;
  readonly text: string;
}

/** What the lint needs to know. `readPlanned` reads an envelope that a plan names, null when it cannot; absent: plans may hold inline envelopes only. */
export interface LintOptions extends LintContext {
  /** The lane that the command line asks for, in place of those of the envelopes. */
  readonly lane?: Lane | undefined;
  readonly readPlanned?: (path: string, planFile: string) => EnvelopeFile | null;
}

/** An envelope that was read without errors, with its text as it is kept: the file, or markdown made of an inline one. */
export interface LintedEnvelope {
  readonly file: string;
  readonly text: string;
  readonly envelope: Envelope;
}

export interface LintResult {
  /** Envelopes in the order of the files; those that could not be read are left out. */
  readonly envelopes: readonly LintedEnvelope[];
  /** Sorted by file in the order given, then by line. */
  readonly findings: readonly LintFinding[];
}

/** Reads and checks files that are submitted together: envelopes and plans. Never throws. */
export function lintEnvelopes(files: readonly EnvelopeFile[], options: LintOptions): LintResult {
  const sources = files.flatMap((file) => readSources(file, options));
  const parsed = sources.flatMap((source) => source.envelopes);
  const subjects = parsed.flatMap((one) => subjectOf(one, options.lane));
  const set: LintSet = { exists: options.exists, knownTasks: options.knownTasks, subjects };
  const fromText = sources.flatMap((source) => LINT_RULES.flatMap((rule) => textFindings(rule, source)));
  const fromRules = LINT_RULES.flatMap((rule) => ruleFindings(rule, set));
  const findings = [...sources.flatMap((source) => source.findings), ...fromText, ...fromRules];
  return {
    envelopes: sources.flatMap(envelopesOf),
    findings: sorted(findings, [...new Set(sources.map((source) => source.file))]),
  };
}

/** True when something in the findings refuses a dispatch. */
export function hasErrors(findings: readonly LintFinding[]): boolean {
  return findings.some((finding) => finding.severity === "error");
}

/** The error a dispatch ends with, from the first finding that is one; null when there is none. All findings are in its data. */
export function envelopeError(findings: readonly LintFinding[]): CcoError | null {
  const errors = findings.filter((finding) => finding.severity === "error");
  const [first] = errors;
  if (first === undefined) return null;
  const code = RULE_TABLE.find((row) => row.id === first.rule)?.code ?? "ENVELOPE_INVALID";
  const more = errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`;
  return new CcoError(code, `${first.file}:${first.line}: ${first.message}${more}`, {
    hint: first.hint,
    data: { findings },
  });
}

interface Source extends EnvelopeFile {
  readonly plan: boolean;
  readonly envelopes: readonly ParsedEnvelope[];
  readonly findings: readonly LintFinding[];
}

function readSources(file: EnvelopeFile, options: LintOptions): Source[] {
  if (!isPlan(file.text, file.file)) return [envelopeSource(file)];
  const plan = parsePlan(file.text, file.file);
  const inline = plan.tasks.flatMap((task) => (task.kind === "inline" ? [task.parsed] : []));
  const findings = [...plan.findings];
  const named = plan.tasks.flatMap((task): Source[] => {
    if (task.kind === "inline") return [];
    const read = options.readPlanned?.(task.path, file.file) ?? null;
    if (read !== null) return [envelopeSource(read)];
    const message = `the envelope ${quoted(task.path)} cannot be read`;
    findings.push(
      ...toFindings(file.file, [
        { rule: "envelope/plan", line: task.line, message, hint: "write its path relative to the plan" },
      ]),
    );
    return [];
  });
  return [{ ...file, plan: true, envelopes: inline, findings }, ...named];
}

function envelopeSource(file: EnvelopeFile): Source {
  const parsed = parseEnvelope(file.text, file.file);
  return { ...file, plan: false, envelopes: [parsed], findings: parsed.findings };
}

function envelopesOf(source: Source): LintedEnvelope[] {
  return source.envelopes.flatMap(({ envelope, file }): LintedEnvelope[] => {
    if (envelope === null) return [];
    return [{ file, text: source.plan ? formatEnvelope(envelope) : source.text, envelope }];
  });
}

function subjectOf({ file, draft, stateOf, lineOf }: ParsedEnvelope, lane: Lane | undefined): Subject[] {
  if (draft === null) return [];
  return [{ file, envelope: lane === undefined ? draft : { ...draft, lane }, stateOf, lineOf }];
}

function textFindings(rule: Rule, source: Source): LintFinding[] {
  return "checkText" in rule ? rule.checkText(source.text).map((hit) => finding(rule, source.file, hit)) : [];
}

function ruleFindings(rule: Rule, set: LintSet): LintFinding[] {
  if ("checkSet" in rule) return rule.checkSet(set).map((hit) => finding(rule, hit.file, hit));
  if (!("check" in rule)) return [];
  return set.subjects.flatMap((subject) => rule.check(subject, set).map((hit) => finding(rule, subject.file, hit)));
}

function finding(rule: Rule, file: string, hit: Hit): LintFinding {
  return {
    file,
    line: hit.line,
    rule: rule.id,
    severity: rule.severity,
    message: redact(hit.message),
    hint: redact(hit.hint),
  };
}

function sorted(findings: readonly LintFinding[], files: readonly string[]): LintFinding[] {
  const order = new Map(files.map((file, index) => [file, index]));
  const place = (row: LintFinding) => order.get(row.file) ?? files.length;
  return [...findings].sort((a, b) => place(a) - place(b) || a.line - b.line || (a.rule < b.rule ? -1 : 1));
}
