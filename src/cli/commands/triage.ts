import { triage } from "../../app/triage.ts";
import { CcoError } from "../../kernel/errors.ts";
import type { TriageResult } from "../../model/triage.ts";
import { type Invocation, optionalArg } from "../invocation.ts";

/** `cco triage [FILE|TASK|-]`: names a sandbox failure with its evidence and the smallest fix; without an argument a pipe is read. */
export async function runTriage(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const what = optionalArg(invocation, 0) ?? "-";
  if (what === "-" && process.stdin.isTTY) {
    throw new CcoError("USAGE", "nothing to read", { hint: "cco triage FILE, cco triage TASK, or pipe a log into it" });
  }
  const result = await triage(what, invocation.projectOrNone());
  if (out.json) out.document(result);
  else show(invocation, result);
  return 0;
}

function show({ out }: Invocation, { kind, code, why, evidence, fix, notes, source }: TriageResult): void {
  const head = code === null ? kind : `${kind} (${code})`;
  out.line(`${out.paint(kind === "other" ? "bold" : "red", head)}: ${why}`);
  if (evidence !== null) {
    out.line(`  evidence  ${evidence.file}:${evidence.line}: ${evidence.text}`);
    if (evidence.command !== "") out.line(`  command   ${evidence.command}`);
  }
  if (fix !== null) {
    out.line(`  fix       ${fix.envelope}`);
    if (fix.codex !== null && fix.codex !== fix.envelope) out.line(`  by hand   codex: ${fix.codex}`);
  }
  if (notes.length > 0) out.line("  also denied, not the cause:");
  for (const note of notes) out.line(`    ${note.kind}  line ${note.line}: ${note.text} (${note.why})`);
  const version = source.codex === null ? "" : ` of codex ${source.codex}`;
  out.note(`read as ${source.form}${version}, ${source.commands} commands`);
}
