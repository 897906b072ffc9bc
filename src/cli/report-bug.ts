import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VERSION } from "../app/version.ts";
import { CcoError, describeThrown } from "../kernel/errors.ts";

/** Writes a report about something that must not happen and returns the error that names it. No arguments, no environment: they may hold secrets. */
export function reportBug(thrown: unknown): CcoError {
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  const report = join(mkdtempSync(join(tmpdir(), "cco-report-")), "report.txt");
  writeFileSync(report, `cco ${VERSION}, node ${process.version}, ${process.platform} ${process.arch}\n\n${stack}\n`);
  return new CcoError("INTERNAL", describeThrown(thrown), {
    hint: `read ${report} and file it`,
    data: { report },
    cause: thrown,
  });
}
