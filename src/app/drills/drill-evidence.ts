import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { readJournalFolder } from "../../blackboard/journal-reader.ts";
import { foldActivity } from "../../codex/session/activity.ts";
import { attemptFiles } from "../../codex/attempt-files.ts";
import { folderNumber } from "../../kernel/ids.ts";
import { firstLine } from "../../kernel/text.ts";
import type { AttemptOutcome } from "../../model/outcome.ts";
import { readJsonl } from "../../process/jsonl.ts";
import type { Project } from "../project.ts";
import { DRILL_TASK } from "./drill.ts";

/** What the journal of a drill tells beyond its result. */
export interface DrillStory {
  readonly did: string;
  readonly cure: readonly string[];
}

/** Longest event stream that is looked into, in bytes. */
const EVENTS_LIMIT = 4 * 1024 * 1024;

/** Reads what Codex did in the last attempt, and what was decided between the attempts. */
export async function readStory({ board }: Project): Promise<DrillStory> {
  const folder = join(board, "journal");
  const facts = existsSync(folder) ? (await readJournalFolder(folder)).records.map((record) => record.fact) : [];
  const ended = facts.findLast((fact) => fact.type === "attempt.ended");
  const cure = facts.flatMap((fact) => (fact.type === "retry.decided" ? [fact.why] : []));
  if (ended === undefined) return { did: "was not started", cure };
  const dir = join(board, "tasks", DRILL_TASK, "attempts", folderNumber(ended.attempt));
  return { did: `${endOf(ended.outcome)}, ${await turnOf(attemptFiles(dir).events, ended.outcome)}`, cure };
}

function endOf({ exit }: AttemptOutcome): string {
  if (exit.reason === "signal") return `died of ${exit.signal ?? "a signal"}`;
  if (exit.reason === "completed" || exit.reason === "exit-code") return `exit ${exit.code ?? "?"}`;
  return `went on until it was ended (${exit.reason})`;
}

async function turnOf(events: string, outcome: AttemptOutcome): Promise<string> {
  const { signals } = outcome;
  if (signals.turn) return signals.sidecar ? "turn completed" : "turn completed, no last message";
  const size = statSync(events, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return "no event";
  if (size > EVENTS_LIMIT) return `${Math.round(size / 1_000_000)} MB of output`;
  const fold = foldActivity();
  for await (const frame of readJsonl(events, EVENTS_LIMIT)) fold.add(frame);
  const { turnFailed } = fold.state();
  return turnFailed === null ? "no end of the turn" : `turn failed: ${firstLine(turnFailed, 70)}`;
}
