import { callId, nextStep, type CallMark } from "./progress.ts";
import { DEFAULT_USAGE, overlay } from "./script.ts";
import type { ClaudeFault } from "./faults.ts";
import type { ClaudeScene, ClaudeStep, Script, Usage } from "./script.ts";
import { STRUCTURED_TOOL, type ClaudeRequest } from "./claude-request.ts";
import type { FaultCount } from "./worker-turn.ts";

/** The acting part of an answer of Claude. `missing` becomes an HTTP 400 that names what the script lacks. */
export type ClaudeAct =
  | {
      readonly kind: "call";
      readonly id: string;
      readonly name: string;
      readonly input: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "fault"; readonly fault: ClaudeFault }
  | { readonly kind: "missing"; readonly message: string };

/** What travels in front of the acting part. */
type ClaudeLead = { readonly say: string } | { readonly delayMs: number };

/** One whole answer, and the place in the script it comes from. */
export interface ClaudeTurn {
  readonly scene: number | null;
  readonly step: number | null;
  readonly lead: readonly ClaudeLead[];
  readonly act: ClaudeAct;
  readonly usage: Usage;
}

/** The answer to a request: which scene, which step, what exactly. Past its end a scene repeats its last answer. */
export function claudeTurn(script: Script, request: ClaudeRequest, faults: FaultCount): ClaudeTurn {
  const index = script.claude.findIndex((scene) => matches(scene, request));
  const scene = script.claude[index];
  if (scene === undefined) return noScene(script, request);
  const from = nextStep(request.traces, index, scene.steps.map(endsTurn));
  const last = scene.steps.findLastIndex((step) => !isLead(step) && !("usage" in step));
  const start = from <= last ? from : Math.max(last, 0);
  const lead: ClaudeLead[] = [];
  for (const [number, step] of scene.steps.entries()) {
    if (number < start) continue;
    if (isLead(step)) lead.push(step);
    const act = actOf(step, { scene: index, step: number, poll: request.traces.length }, faults);
    if (act !== undefined) return { scene: index, step: number, lead, act, usage: usageAt(script, scene, number) };
  }
  const act = { kind: "missing", message: `claude scene ${index} has no answer after its last fault` } as const;
  return { scene: index, step: null, lead, act, usage: usageAt(script, scene, last) };
}

/** `mark.poll` is the length of the history: a step that is repeated must not use the id of its first call again. */
function actOf(step: ClaudeStep, mark: CallMark, faults: FaultCount): ClaudeAct | undefined {
  const id = callId("toolu_", mark);
  if ("tool" in step) return { kind: "call", id, name: step.tool, input: step.input ?? {} };
  if ("output" in step) return { kind: "call", id, name: STRUCTURED_TOOL, input: step.output };
  if ("text" in step) return { kind: "text", text: step.text };
  if (!("fault" in step)) return undefined;
  const key = `claude ${mark.scene} ${mark.step}`;
  return faults.take(key, step.fault.times) ? { kind: "fault", fault: step.fault } : undefined;
}

function noScene(script: Script, request: ClaudeRequest): ClaudeTurn {
  const plain = { scene: null, step: null, lead: [], usage: overlay(DEFAULT_USAGE, script.usage) };
  if (request.aside) return { ...plain, act: { kind: "text", text: "Rehearsal" } };
  const wanted = `call=${request.call} task=${request.task ?? "?"} round=${request.round ?? "?"}`;
  const there = script.claude.map((s) => `call=${s.call ?? "*"} task=${s.task ?? "*"} round=${s.round ?? "*"}`);
  const message = `no claude scene for ${wanted}; the script has: ${there.join(", ") || "none"}`;
  return { ...plain, act: { kind: "missing", message } };
}

function matches(scene: ClaudeScene, request: ClaudeRequest): boolean {
  return (
    !request.aside &&
    (scene.call === undefined || scene.call === request.call) &&
    (scene.task === undefined || scene.task === request.task) &&
    (scene.round === undefined || scene.round === request.round)
  );
}

function isLead(step: ClaudeStep): step is Extract<ClaudeStep, ClaudeLead> {
  return "say" in step || "delayMs" in step;
}

function endsTurn(step: ClaudeStep): boolean {
  return "text" in step || ("fault" in step && step.fault.kind === "never-structured");
}

function usageAt(script: Script, scene: ClaudeScene, step: number): Usage {
  const before = scene.steps.slice(0, step + 1).map((each) => ("usage" in each ? each.usage : undefined));
  return [script.usage, scene.usage, ...before].reduce<Usage>((sum, each) => overlay(sum, each), DEFAULT_USAGE);
}
