import { runChecks } from "../../app/doctor/doctor.ts";
import type { Invocation } from "../invocation.ts";

const COLOURS = { ok: "green", warn: "yellow", fail: "red" } as const;

/** `cco doctor`: every check with its fix; exit 7 when one fails. */
export async function runDoctor(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const checks = await runChecks(invocation.projectOrNone());
  if (out.json) out.document({ schema: "cco.doctor/1", checks });
  else {
    for (const check of checks) {
      out.line(`${out.paint(COLOURS[check.status], check.status.padEnd(4))} ${check.id.padEnd(16)} ${check.detail}`);
      if (check.status !== "ok") out.line(`     fix: ${check.fix}`);
    }
  }
  return checks.some((check) => check.status === "fail") ? 7 : 0;
}
