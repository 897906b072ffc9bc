import * as z from "zod";
import { parseJson } from "../../kernel/json.ts";
import { firstLine } from "../../kernel/text.ts";
import type { AskedWindows } from "../../ports/worker.ts";
import { runBounded } from "../../process/run.ts";
import { disableArgs } from "../argv.ts";
import type { StartContext } from "../attempt-start.ts";
import { workerVariables } from "../confinement/environment.ts";
import { pathFor } from "../installed/installation.ts";
import { reportAt } from "./windows-report.ts";

/** Id of the question; the line stays open until its answer has come. */
const QUESTION = "cco-windows";

const windowSchema = z
  .looseObject({
    usedPercent: z.number(),
    windowDurationMins: z.number().nullish(),
    resetsAt: z.number().nullish(),
  })
  .nullish()
  .catch(null);
const limitsSchema = z.looseObject({ primary: windowSchema, secondary: windowSchema });
const answerSchema = z.looseObject({
  id: z.literal(QUESTION),
  result: z
    .looseObject({
      rateLimits: limitsSchema,
      /** By family of models; `codex` is the one that workers use. */
      rateLimitsByLimitId: z.looseObject({ codex: limitsSchema.optional() }).nullish().catch(null),
    })
    .optional(),
  error: z.looseObject({ message: z.string() }).optional(),
});

/**
 * Asks the provider for the windows of the account through `codex app-server` (`account/rateLimits/read`, all supported versions). Only a
 * ChatGPT login has any: with every other one nothing is started. Takes at most `limitMs`; never throws for what Codex does.
 */
export async function readAccount(context: StartContext, limitMs: number): Promise<AskedWindows> {
  const { host, installation, user } = context;
  if (!user.isChatGpt)
    return { kind: "none", why: `only a ChatGPT login has windows to ask for (${user.login ?? "no login"})` };
  const { binary, capabilities } = installation;
  const path = pathFor(host, binary);
  const names = workerVariables(host.env, user.keyNames);
  const done = await runBounded(
    {
      argv: [
        binary.path,
        "app-server",
        ...["analytics.enabled=false", "check_for_update_on_startup=false"].flatMap((text) => ["-c", text]),
        ...disableArgs(capabilities),
      ],
      cwd: user.codexHome,
      env: {
        ...Object.fromEntries(names.map((name) => [name, host.env[name] ?? ""])),
        CODEX_HOME: user.codexHome,
        ...(path === undefined ? {} : { PATH: path }),
      },
      stdin: CONVERSATION,
      stdinUntil: QUESTION,
      timeoutMs: limitMs,
      killGraceMs: 500,
      outputBytes: 256 * 1024,
      log: null,
    },
    new AbortController().signal,
  );
  const answer = done.stdout
    .split("\n")
    .map((line) => answerSchema.safeParse(parseJson(line)).data)
    .find((found) => found !== undefined);
  if (answer?.result === undefined)
    return { kind: "failed", why: firstLine(answer?.error?.message ?? (done.detail || done.reason), 300) };
  const { rateLimits, rateLimitsByLimitId } = answer.result;
  const { primary, secondary } = rateLimitsByLimitId?.codex ?? rateLimits;
  const windows = { primary: windowOf(primary), secondary: windowOf(secondary) };
  return { kind: "read", account: user.account, report: reportAt(windows, new Date().toISOString()) };
}

const CONVERSATION = [
  {
    id: "cco-hello",
    method: "initialize",
    params: { clientInfo: { name: "cco", title: "cc-orchestrator", version: "1" } },
  },
  { method: "initialized" },
  { id: QUESTION, method: "account/rateLimits/read" },
]
  .map((message) => `${JSON.stringify(message)}\n`)
  .join("");

function windowOf(found: z.infer<typeof windowSchema>): Parameters<typeof reportAt>[0]["primary"] {
  if (found === null || found === undefined) return null;
  const { usedPercent, windowDurationMins, resetsAt } = found;
  return { usedPercent, windowMinutes: windowDurationMins ?? null, resetsAt: resetsAt ?? null };
}
