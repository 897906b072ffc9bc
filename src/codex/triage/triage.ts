import type { ErrorCode } from "../../kernel/error-table.ts";
import type { TriageKind, TriageResult } from "../../model/triage.ts";
import type { Denial } from "./denial.ts";
import type { DenialKind } from "./denial-table.ts";
import { numberedLines } from "./numbered-lines.ts";
import { readEvents } from "./read-events.ts";
import { readRolloutLog } from "./read-rollout.ts";
import { readText } from "./read-text.ts";
import { emptyLog, type SandboxLog } from "./sandbox-log.ts";
import { judgeSandbox } from "./verdict.ts";

const EVENTS = /^(?:thread|turn|item)\.|^error$/;
const ROLLOUT = /^(?:session_meta|turn_context|response_item|event_msg|world_state|compacted|token_usage_record)$/;

/** The error code of a kind of denial. */
export const SANDBOX_CODES: Readonly<Record<DenialKind, ErrorCode>> = {
  path: "SANDBOX_PATH",
  network: "SANDBOX_NETWORK",
  policy: "SANDBOX_POLICY",
  broken: "SANDBOX_BROKEN",
};

/** Reads anybody's Codex log, in whatever form it is; never throws. */
export function readSandboxLog(text: string): SandboxLog {
  const lines = numberedLines(text);
  const types = lines.flatMap(({ json }) =>
    typeof json === "object" && json !== null && "type" in json && typeof json.type === "string" ? [json.type] : [],
  );
  if (types.some((type) => ROLLOUT.test(type))) return readRolloutLog(lines);
  if (types.some((type) => EVENTS.test(type))) return readEvents(lines);
  return readText(lines);
}

/** The answer about what one command printed, which ended with an exit code that is not 0. */
export function triageOutput(text: string, name: string, command: string): TriageResult {
  const call = { command, exitCode: 1, output: text, line: 1 };
  return answerOf({ ...emptyLog("text"), known: true, calls: [call] }, name);
}

/** The whole answer about a log. `name`: what its lines are cited by. */
export function triageLog(text: string, name: string): TriageResult {
  return answerOf(readSandboxLog(text), name);
}

function answerOf(log: SandboxLog, name: string): TriageResult {
  const { cause, fix, why, notes } = judgeSandbox(log);
  return {
    schema: "cco.triage/1",
    source: {
      name,
      form: log.form,
      codex: log.version,
      commands: log.calls.filter((call) => call.command !== "").length,
    },
    kind: cause === null ? "other" : kindName(cause.kind),
    code: cause === null ? null : SANDBOX_CODES[cause.kind],
    why,
    evidence: cause === null ? null : evidenceOf(cause, name),
    fix: fix === null ? null : { ...fix },
    notes: notes.map((note) => ({ ...evidenceOf(note.denial, name), kind: kindName(note.denial.kind), why: note.why })),
  };
}

function kindName(kind: DenialKind): TriageKind {
  return kind === "broken" ? "sandbox-cannot-start" : kind;
}

function evidenceOf({ line, text, command }: Denial, file: string) {
  return { file, line, text, command };
}
