import { type ChildProcess, spawn } from "node:child_process";
import * as z from "zod";
import { errorRow, isErrorCode } from "../../kernel/error-table.ts";
import { parseJson } from "../../kernel/json.ts";
import type { DrillEnding, DrillRun } from "../../model/drill.ts";
import { dispatchResultSchema } from "../../model/result.ts";
import { ccoProgram } from "../package-root.ts";
import { systemClock } from "../system.ts";
import type { Count, Drill, Expectation } from "./drill.ts";
import { readStory } from "./drill-evidence.ts";
import { endEngine } from "./end-engine.ts";
import { setDrillStage, type DrillStage, type StagePlan } from "./drill-stage.ts";

/** A drill that has not ended after this time is not ok, in ms; the longest take about 10 s on an idle machine. */
const LIMIT_MS = 100_000;

/** Plays one drill to its end and removes what it made. `minor`: version 0.x of Codex. */
export async function runDrill(
  name: string,
  drill: Drill,
  plan: StagePlan & { readonly minor: number },
  signal: AbortSignal,
): Promise<DrillRun> {
  const clock = systemClock();
  const startedMs = clock.now();
  const stage = await setDrillStage(drill, plan);
  try {
    const said = await dispatch(stage, AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]));
    const got = said === null ? NOT_ENDED : endingOf(said);
    const story = await readStory(stage.project);
    const expected = expectationFor(drill, plan.minor);
    const requests = stage.model.requests().filter((request) => request.api === "responses").length;
    const why = differences(expected, { ...got, requests });
    return {
      name,
      fault: drill.fault,
      expected: { code: expected.code, class: classOf(expected.code), status: expected.status },
      got: { code: got.code, class: got.class, status: got.status },
      requests,
      ms: clock.now() - startedMs,
      ok: why === "",
      attempts: got.attempts,
      did: story.did,
      cure: [...story.cure],
      why,
    };
  } finally {
    await endEngine(stage.project.root, stage.env);
    await stage.close();
  }
}

interface Got extends DrillEnding {
  readonly attempts: number;
}

const NOT_ENDED: Got = { code: null, class: null, status: "did not end", attempts: 0 };

const errorSchema = z.looseObject({ error: z.looseObject({ code: z.string() }) });

/** The one JSON document of the dispatch; null when it was cut off. */
async function dispatch({ project, dir, envelope, env }: DrillStage, signal: AbortSignal): Promise<unknown> {
  // A group of its own: Ctrl-C in the terminal is ours to deal with.
  const child = spawn(
    process.execPath,
    [ccoProgram(), "dispatch", envelope, "--no-review", "--json", "--quiet", "--project", project.root],
    { cwd: dir, env, stdio: ["ignore", "pipe", "ignore"], detached: true },
  );
  const stop = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const text = await outputOf(child);
  signal.removeEventListener("abort", stop);
  return signal.aborted ? null : parseJson(text);
}

function outputOf(child: ChildProcess): Promise<string> {
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
  });
}

function endingOf(document: unknown): Got {
  const task = dispatchResultSchema.safeParse(document).data?.tasks[0];
  if (task !== undefined) {
    const { error, status, attempts } = task;
    return { code: error?.code ?? null, class: error?.class ?? null, status, attempts };
  }
  const code = errorSchema.safeParse(document).data?.error.code ?? "INTERNAL";
  return { code, class: classOf(code), status: "refused", attempts: 0 };
}

function classOf(code: string | null): string | null {
  return code !== null && isErrorCode(code) ? errorRow(code).class : null;
}

function expectationFor({ expect, upTo }: Drill, minor: number): Expectation {
  return upTo !== undefined && minor <= upTo[0] ? { ...expect, ...upTo[1] } : expect;
}

/** What is not as promised, in words; empty when everything is. */
function differences(expected: Expectation, got: Got & { readonly requests: number }): string {
  return [
    ...(got.status === expected.status ? [] : [`status ${got.status}, not ${expected.status}`]),
    ...(got.code === expected.code ? [] : [`code ${got.code ?? "none"}, not ${expected.code ?? "none"}`]),
    ...(fits(got.attempts, expected.attempts) ? [] : [`${got.attempts} attempts, not ${countText(expected.attempts)}`]),
    ...(fits(got.requests, expected.requests) ? [] : [`${got.requests} requests, not ${countText(expected.requests)}`]),
  ].join("; ");
}

function fits(value: number, count: Count): boolean {
  return typeof count === "number" ? value === count : value >= count[0] && value <= count[1];
}

function countText(count: Count): string {
  return typeof count === "number" ? String(count) : `${count[0]} to ${count[1]}`;
}
