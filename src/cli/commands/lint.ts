import { lintFiles } from "../../app/envelopes.ts";
import { type Invocation, listArg } from "../invocation.ts";
import { showFindings } from "../show-findings.ts";

/** `cco lint FILE…`: findings on stdout, exit 2 on errors. */
export async function runLint(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const files = listArg(invocation, 0);
  const { findings } = lintFiles(invocation.project(), files);
  const errors = findings.filter((finding) => finding.severity === "error").length;
  const warnings = findings.filter((finding) => finding.severity === "warning").length;
  if (out.json) out.document({ schema: "cco.lint/1", files, findings });
  else {
    showFindings(out, findings, "line");
    out.line(`${errors} error(s), ${warnings} warning(s) in ${files.length} file(s)`);
  }
  return errors > 0 ? 2 : 0;
}
