import { runDrills } from "../../app/drills/run-drills.ts";
import { firstLine } from "../../kernel/text.ts";
import { formatDuration } from "../../kernel/durations.ts";
import type { DrillEnding, DrillRun } from "../../model/drill.ts";
import { interruptible } from "../interrupt.ts";
import { type Invocation, listArg } from "../invocation.ts";
import type { Output } from "../output.ts";

/** `cco drill [NAME…]`: plays faults to the installed Codex; exit 1 when one is not dealt with as promised, 5 after Ctrl-C. */
export async function runDrillCommand(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const interrupt = interruptible();
  const started = performance.now();
  try {
    const report = await runDrills({
      names: listArg(invocation, 0),
      signal: interrupt.signal,
      tell: (run, done, all) => {
        const verdict = run.ok ? "ok" : `NOT OK: ${run.why}`;
        out.note(`[${done}/${all}] ${run.name} (${formatDuration(run.ms)}) ${verdict}`);
      },
    });
    if (out.json) out.document({ schema: "cco.drill/1", ...report });
    else showTable(out, report.drills);
    const wrong = report.drills.filter((run) => !run.ok).length;
    const time = formatDuration(performance.now() - started);
    out.note(`codex ${report.codex}: ${report.drills.length - wrong} of ${report.drills.length} ok in ${time}`);
    if (interrupt.signal.aborted) return 5;
    return wrong === 0 ? 0 : 1;
  } finally {
    interrupt.release();
  }
}

/** Title of each column, its widest cell, and what stands in it. */
const COLUMNS: readonly (readonly [title: string, widest: number, cell: (run: DrillRun) => string])[] = [
  ["", 3, (run) => (run.ok ? "ok" : "NOT")],
  ["drill", 24, (run) => run.name],
  ["fault", 44, (run) => run.fault.replace(/^none: /, "healthy: ")],
  ["codex", 48, (run) => run.did],
  ["named as", 44, (run) => endingText(run.got)],
  ["cure", 24, cureText],
  ["time", 6, (run) => `${(run.ms / 1000).toFixed(1)}s`],
];

function showTable(out: Output, drills: readonly DrillRun[]): void {
  const rows = drills.map((run) => COLUMNS.map(([, widest, cell]) => firstLine(cell(run), widest)));
  const widths = COLUMNS.map(([title], at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string => cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ");
  out.line(out.paint("bold", line(COLUMNS.map(([title]) => title)).trimEnd()));
  for (const [index, run] of drills.entries()) {
    const text = line(rows[index] ?? []).trimEnd();
    out.line(run.ok ? text : out.paint("red", text));
    if (!run.ok) out.line(`     expected ${endingText(run.expected)}: ${run.why}`);
  }
}

function endingText({ code, class: family, status }: DrillEnding): string {
  return code === null ? status : `${status}: ${code}, ${family ?? "?"}`;
}

function cureText({ attempts, requests }: DrillRun): string {
  return `${attempts} attempt${attempts === 1 ? "" : "s"}, ${requests} request${requests === 1 ? "" : "s"}`;
}
