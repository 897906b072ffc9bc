import { type LintResult, lintFiles } from "../../app/envelopes.ts";
import type { LintFinding } from "../../model/envelope.ts";
import type { Project } from "../../app/project.ts";
import { interruptible } from "../interrupt.ts";
import { type Invocation, isOn, listArg } from "../invocation.ts";
import { showFindings } from "../show-findings.ts";

/** `cco lint FILE…`: findings on stdout, exit 2 on errors. */
export async function runLint(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const files = listArg(invocation, 0);
  const project = invocation.project();
  const linted = lintFiles(project, files);
  const findings = [...linted.findings];
  if (isOn(invocation, "challenge")) findings.push(...(await challenged(project, linted.envelopes)));
  const errors = findings.filter((finding) => finding.severity === "error").length;
  const warnings = findings.filter((finding) => finding.severity === "warning").length;
  if (out.json) out.document({ schema: "cco.lint/1", files, findings });
  else {
    showFindings(out, findings, "line");
    out.line(`${errors} error(s), ${warnings} warning(s) in ${files.length} file(s)`);
  }
  return errors > 0 ? 2 : 0;
}

async function challenged(project: Project, envelopes: LintResult["envelopes"]): Promise<LintFinding[]> {
  const { challengeEnvelopes } = await import("../../app/review/challenge-spec.ts");
  const interrupt = interruptible();
  try {
    return await challengeEnvelopes(project, envelopes, interrupt.signal);
  } finally {
    interrupt.release();
  }
}
