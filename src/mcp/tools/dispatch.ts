import { resolve } from "node:path";
import * as z from "zod";
import type { EnvelopeFile } from "../../app/envelopes.ts";
import { firstPicture } from "../../app/board/follow.ts";
import type { Project } from "../../app/project.ts";
import { prepareRun, submitRun } from "../../app/submit.ts";
import { defineTool } from "../tool.ts";
import { answer, line, nextStep, taskLine } from "../texts.ts";
import { tell, waitFor } from "../waiting.ts";

/** `dispatch`: lint, submit, and wait when that is asked for. Nothing is started when an envelope has errors. */
export const dispatchTool = defineTool({
  name: "dispatch",
  description:
    "Give tasks to Codex workers in the background. Each envelope is a file path or its markdown text. " +
    "Checked, verified, reviewed and merged by cco; survives this session. With wait, returns when all have ended or one needs you.",
  arguments: z.strictObject({
    envelopes: z.array(z.string().min(1)).min(1).describe("file paths or markdown texts"),
    wait: z.number().nonnegative().optional().describe("seconds; default 0: return at once"),
  }),
  reads: false,
  async run({ envelopes, wait }, call) {
    const { project } = call;
    const sources = envelopes.map((given, index) => sourceOf(project, given, index));
    const run = prepareRun(project, sources, { review: true, merge: true, allowDirty: false, waitWindow: true });
    if (run.refusal !== null) throw run.refusal;
    await submitRun(project, run, null);
    call.told.expect(run.ids);
    const warnings = run.findings.filter((finding) => finding.severity === "warning");
    const remarks = warnings.slice(0, 3).map((finding) => line(`warning: ${finding.message}`, 120));
    if (wait === undefined || wait === 0) {
      const tasks = await firstPicture(project, run.ids);
      return answer([`started ${run.ids.length} task(s)`, ...tasks.map(taskLine), ...remarks], nextStep(tasks));
    }
    const tasks = await waitFor(run.ids, call, { seconds: wait, until: "all" });
    tell(call, tasks);
    return answer([...tasks.map(taskLine), ...remarks], nextStep(tasks));
  },
});

/** A text has lines; a path has none. Paths count from the root of the project. */
function sourceOf(project: Project, given: string, index: number): string | EnvelopeFile {
  return given.includes("\n") ? { file: `envelopes[${index}]`, text: given } : resolve(project.root, given.trim());
}
