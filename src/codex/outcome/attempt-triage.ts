import { readFile, stat } from "node:fs/promises";
import { systemCode } from "../../kernel/errors.ts";
import type { Activity } from "../session/activity.ts";
import type { Asked } from "../attempt-files.ts";
import type { SandboxLog } from "../triage/sandbox-log.ts";
import { readSandboxLog } from "../triage/triage.ts";
import { judgeSandbox, type TriageVerdict } from "../triage/verdict.ts";

/** Longest log that is judged, in bytes; the session file of a long attempt has some MB. */
const LIMIT_BYTES = 64 * 1024 * 1024;

/** Where the evidence of an attempt stands. `rollout` null: there is no session file. */
export interface AttemptLogs {
  readonly rollout: string | null;
  readonly events: string;
  readonly stderr: string;
}

/** What the sandbox did to an attempt; `file`: where the lines of the verdict stand. */
export interface AttemptTriage extends TriageVerdict {
  readonly file: string;
}

/**
 * Judges an attempt by its session file, which alone has every call, else by its event stream and what Codex said on stderr.
 * How the turn ended, the last message and the confinement are taken from what is known for certain.
 */
export async function triageAttempt(
  logs: AttemptLogs,
  known: { asked: Asked | null; activity: Activity; lastMessage: string | null },
): Promise<AttemptTriage> {
  const rollout = logs.rollout === null ? null : await textOf(logs.rollout);
  const file = rollout === null ? logs.events : (logs.rollout ?? logs.events);
  const text = rollout ?? `${(await textOf(logs.events)) ?? ""}\n${(await textOf(logs.stderr)) ?? ""}`;
  return { file, ...judgeSandbox({ ...readSandboxLog(text), ...certain(known) }) };
}

function certain({
  asked,
  activity,
  lastMessage,
}: Parameters<typeof triageAttempt>[1]): Pick<SandboxLog, "end" | "failure" | "last"> & Partial<SandboxLog> {
  const confinement = asked?.confinement;
  const spoken = lastMessage ?? "";
  const ended = activity.turnCompleted ? "completed" : "none";
  return {
    ...(confinement === undefined
      ? {}
      : {
          cwd: confinement.cwd,
          network: confinement.network === "on",
          sandbox: confinement.readOnly ? "read-only" : "workspace-write",
        }),
    end: activity.turnFailed === null ? ended : "failed",
    failure: activity.turnFailed,
    last: spoken.trim() === "" ? activity.lastMessage : spoken,
  };
}

async function textOf(path: string): Promise<string | null> {
  try {
    return (await stat(path)).size > LIMIT_BYTES ? null : await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return null;
  }
}
