import { callId, nextStep, type CallMark, type Trace } from "./progress.ts";
import { DEFAULT_USAGE, overlay } from "./script.ts";
import type { WorkerFault } from "./faults.ts";
import type { Limits, Script, Usage, WorkerScene, WorkerStep } from "./script.ts";
import { callFor, pollFor, stillRunning, type ToolCall } from "./worker-tools.ts";
import type { WorkerRequest } from "./worker-request.ts";

/** What travels in front of the acting part of an answer. */
export type Lead =
  | { readonly say: string }
  | { readonly reasoning: string }
  | { readonly item: Readonly<Record<string, unknown>> }
  | { readonly delayMs: number }
  | { readonly headersAfterMs: number };

/** The acting part of an answer. `missing` becomes an HTTP 400 that names what the script lacks. */
type WorkerAct =
  | { readonly kind: "call"; readonly call: ToolCall; readonly id: string; readonly cut?: true }
  | { readonly kind: "final"; readonly text: string }
  | { readonly kind: "fault"; readonly fault: WorkerFault }
  | { readonly kind: "missing"; readonly message: string };

/** One whole answer, and the place in the script it comes from. */
export interface WorkerTurn {
  readonly scene: number | null;
  readonly step: number | null;
  readonly lead: readonly Lead[];
  readonly act: WorkerAct;
  readonly usage: Usage;
  readonly limits: Limits;
}

/** Counts the requests that a fault of the script has answered; `take` is false when its `times` are used up. */
export interface FaultCount {
  take(key: string, times: number | undefined): boolean;
}

/** The answer to a request: which scene, which step, what exactly. */
export function workerTurn(script: Script, request: WorkerRequest, faults: FaultCount): WorkerTurn {
  const index = script.worker.findIndex((scene) => matches(scene, request));
  const scene = script.worker[index];
  const plain = { scene: null, step: null, lead: [], usage: usageOf(script), limits: script.limits ?? {} };
  if (request.compaction) return { ...plain, act: { kind: "final", text: summaryText(request.traces) } };
  if (scene === undefined) return { ...plain, act: { kind: "missing", message: missingScene(script, request) } };
  const running = pollOf(scene, index, request);
  if (running !== undefined) return { ...turnAt(script, scene, running.mark.step), scene: index, act: running };
  return play({ script, scene, index, request, faults });
}

interface Stage {
  readonly script: Script;
  readonly scene: WorkerScene;
  readonly index: number;
  readonly request: WorkerRequest;
  readonly faults: FaultCount;
}

function play(stage: Stage): WorkerTurn {
  const { scene, index, request } = stage;
  const endings = scene.steps.map(
    (step) => "final" in step || ("fault" in step && step.fault.kind === "empty-message"),
  );
  const from = nextStep(request.traces, index, endings);
  const lead: Lead[] = [];
  for (const [number, step] of scene.steps.entries()) {
    if (number < from) continue;
    if (isLead(step)) lead.push(step);
    const act = actOf(stage, step, { scene: index, step: number, poll: 0 });
    if (act !== undefined) return { ...turnAt(stage.script, scene, number), scene: index, lead, act };
  }
  const last = scene.steps.findLastIndex((step) => "final" in step);
  const again = scene.steps[last];
  const act: WorkerAct =
    again !== undefined && "final" in again
      ? { kind: "final", text: again.final }
      : { kind: "missing", message: `worker scene ${index} has no step left after step ${from - 1}, and no final` };
  return { ...turnAt(stage.script, scene, last), scene: index, lead, act };
}

function isLead(step: WorkerStep): step is Extract<WorkerStep, Lead> {
  return "say" in step || "reasoning" in step || "item" in step || "delayMs" in step || "headersAfterMs" in step;
}

function actOf(stage: Stage, step: WorkerStep, mark: CallMark): WorkerAct | undefined {
  if ("final" in step) return { kind: "final", text: step.final };
  if ("fault" in step) {
    const key = `worker ${mark.scene} ${mark.step}`;
    return stage.faults.take(key, step.fault.times) ? { kind: "fault", fault: step.fault } : undefined;
  }
  const call = callFor(step, stage.request.tools);
  if (call === "skip") return undefined;
  if (call === "unavailable") return { kind: "missing", message: `the request offers no tool for step ${mark.step}` };
  const cut = "run" in step && step.cut === true ? { cut: true as const } : {};
  return { kind: "call", call, id: callId("call_", mark), ...cut };
}

/** A command that has not ended is asked for again until its time is over; other histories give undefined. */
function pollOf(scene: WorkerScene, index: number, request: WorkerRequest) {
  const last = request.traces.at(-1);
  if (last?.kind !== "called" || last.mark.scene !== index) return undefined;
  const step = scene.steps[last.mark.step];
  const handle = stillRunning(last.output);
  if (step === undefined || !("run" in step) || handle === undefined) return undefined;
  const call = pollFor(step, handle, last.mark.poll + 1);
  const mark = { ...last.mark, poll: last.mark.poll + 1 };
  return call === undefined ? undefined : { kind: "call" as const, call, id: callId("call_", mark), mark };
}

function matches(scene: WorkerScene, request: WorkerRequest): boolean {
  return (
    (scene.task === undefined || scene.task === request.task) &&
    (scene.attempt === undefined || scene.attempt === request.attempt)
  );
}

/** What a turn at this step reports: the settings of script and scene, and of the steps up to here. */
function turnAt(script: Script, scene: WorkerScene, step: number) {
  const before = scene.steps.slice(0, step + 1);
  const usages = [scene.usage, ...before.map((each) => ("usage" in each ? each.usage : undefined))];
  const limits = [scene.limits, ...before.map((each) => ("limits" in each ? each.limits : undefined))];
  return {
    step,
    lead: [],
    usage: usages.reduce<Usage>((sum, each) => overlay(sum, each), usageOf(script)),
    limits: limits.reduce<Limits>((sum, each) => overlay(sum, each), script.limits ?? {}),
  };
}

function usageOf(script: Script): Usage {
  return overlay(DEFAULT_USAGE, script.usage);
}

function summaryText(traces: readonly Trace[]): string {
  const last = traces.findLast((trace) => trace.kind === "called");
  const mark = last === undefined ? "nothing-yet" : callId("call_", last.mark);
  return `The rehearsal goes on after the last call. [rehearsal ${mark}]`;
}

function missingScene(script: Script, request: WorkerRequest): string {
  const wanted = `task=${request.task ?? "?"} attempt=${request.attempt ?? "?"}`;
  const there = script.worker.map((scene) => `task=${scene.task ?? "*"} attempt=${scene.attempt ?? "*"}`);
  return `no worker scene for ${wanted}; the script has: ${there.join(", ") || "none"}`;
}
