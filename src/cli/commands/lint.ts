import { lintFiles } from "../../app/envelopes.ts";
import { type Invocation, listArg } from "../invocation.ts";
import { showFindings } from "../show-findings.ts";

/** `cco lint FILE…`: findings on stdout, exit 2 on errors. */
export async function runLint(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const { findings, sources } = await lintFiles(invocation.project(), listArg(invocation, 0));
  const errors = findings.filter((finding) => finding.severity === "error").length;
  const warnings = findings.filter((finding) => finding.severity === "warning").length;
  if (out.json) out.document({ schema: "cco.lint/1", files: sources.map((source) => source.file), findings });
  else {
    showFindings(out, findings, "line");
    out.line(`${errors} error(s), ${warnings} warning(s) in ${sources.length} file(s)`);
  }
  return errors > 0 ? 2 : 0;
}
