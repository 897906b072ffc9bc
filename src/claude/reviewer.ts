import { randomBytes } from "node:crypto";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CcoError } from "../kernel/errors.ts";
import { fail, succeed, type Result } from "../kernel/result.ts";
import { tailOf } from "../kernel/text.ts";
import type { Answer, Reviewer, ReviewerReadiness, ReviewFailure } from "../ports/reviewer.ts";
import { killMarked } from "../process/kill-tree.ts";
import { JOB_MARKER, runBounded, type BoundedResult } from "../process/run.ts";
import { readAnswer, reviewFailure } from "./answer.ts";
import { reviewerArguments } from "./argv.ts";
import { drawNonce } from "./delimiters.ts";
import { reviewerEnvironment, withoutSecretValues, type Environment } from "./environment.ts";
import { locateClaude } from "./locate.ts";
import { findLogin } from "./login.ts";
import { probeClaude } from "./probe.ts";
import { type Call, diagnosisCall, judgeCall, readingCall, reviewCall, specCall } from "./calls.ts";

/** What the reviewer is built from. */
export interface ClaudeReviewerOptions {
  /** The user's environment; the reviewer gets a part of it. */
  readonly env: Environment;
  /** Folder that relative paths in the environment start from. */
  readonly cwd: string;
  /** Unix ms. */
  readonly now: () => number;
}

/**
 * Largest diff that is sent, in bytes. 1,000 KB were measured to pass, 5 MB not; and whoever cuts a diff at 900,000
 * bytes before it comes here must not have its first part reviewed as if it were the whole.
 */
export const DIFF_LIMIT_BYTES = 890_000;

/** Claude Code ends at once on SIGTERM (measured below 30 ms). */
const KILL_GRACE_MS = 2000;
const OUTPUT_BYTES = 8 * 1024 * 1024;
const STDERR_KEPT = 4000;

type Found = { readonly path: string; readonly version: string };

/** Claude Code as a reviewer that can only read. Every review is one process; nothing is left running. */
export function createClaudeReviewer(options: ClaudeReviewerOptions): Reviewer {
  const env = reviewerEnvironment(options.env);
  const find = rememberProbe(env);
  const packageDir = dirname(fileURLToPath(import.meta.url));
  const found = async (): Promise<Result<Found, CcoError>> => {
    const located = await locateClaude({ env: options.env, cwd: options.cwd, packageDir });
    return located.ok ? find(located.value) : located;
  };
  const ask = async <T>(call: Call<T>, signal: AbortSignal): Promise<Result<Answer<T>, ReviewFailure>> => {
    const { question } = call;
    const context = { ...question, evidence: null, nowMs: options.now() };
    const bytes = Buffer.byteLength(question.diff);
    if (bytes > DIFF_LIMIT_BYTES) return fail(reviewFailure(tooLarge(bytes), context));
    const claude = await found();
    if (!claude.ok) return fail(reviewFailure(notReady(claude.error), context));
    return askClaude(call, { claude: claude.value, env, now: options.now }, signal);
  };
  return {
    async readiness() {
      const claude = await found();
      if (!claude.ok) return claude;
      const readiness: ReviewerReadiness = { ...claude.value, login: await findLogin(env) };
      return succeed(readiness);
    },
    review: (order, signal) => ask(reviewCall(order), signal),
    read: (order, signal) => ask(readingCall(order), signal),
    judge: (order, signal) => ask(judgeCall(order), signal),
    diagnose: (order, signal) => ask(diagnosisCall(order), signal),
    attack: (order, signal) => ask(specCall(order), signal),
  };
}

interface Asking {
  readonly claude: Found;
  readonly env: Record<string, string>;
  readonly now: () => number;
}

async function askClaude<T>(
  call: Call<T>,
  { claude, env: given, now }: Asking,
  signal: AbortSignal,
): Promise<Result<Answer<T>, ReviewFailure>> {
  const { question, name } = call;
  const job = name === "" ? question.dir : join(question.dir, name);
  const env = { ...given, [JOB_MARKER]: job };
  // A reviewer of an engine that was killed would go on spending, and write into the same folder.
  await killMarked(JOB_MARKER, job);
  const nonce = drawNonce(call.untrusted, () => randomBytes(16).toString("hex"));
  const prompt = call.render(nonce);
  const file = (end: string): string => join(question.dir, name === "" ? end : `${name}-${end}`);
  await mkdir(question.dir, { recursive: true });
  await writeFile(file("prompt.md"), withoutSecretValues(prompt, env));
  const { systemPrompt, jsonSchema } = call;
  const args = reviewerArguments({ model: question.model, usd: question.usd, systemPrompt, schema: jsonSchema });
  const limits = { timeoutMs: question.timeoutMs, killGraceMs: KILL_GRACE_MS, outputBytes: OUTPUT_BYTES, log: null };
  const bounded = { argv: [claude.path, ...args], cwd: question.cwd, env, stdin: prompt, ...limits };
  const first = await runBounded(bounded, signal);
  // Killed from outside (out of memory, for one) it has answered nothing: it is asked once more.
  const run = first.reason === "signal" ? await runBounded(bounded, signal) : first;
  const evidence = file("answer.json");
  await writeFile(evidence, withoutSecretValues(answerFile(run, claude.version), env));
  const answer = readAnswer(run, { ...question, evidence, nowMs: now() }, call.schema);
  return answer.ok ? answer : fail({ ...answer.error, message: withoutSecretValues(answer.error.message, env) });
}

/** The raw answer for people: how the process ended, and what it printed word for word. */
function answerFile(run: BoundedResult, version: string): string {
  const { reason, code, signal, ms, detail, stdout } = run;
  const kept = { v: 1, version, reason, code, signal, ms, detail, stderr: tailOf(run.stderr, STDERR_KEPT), stdout };
  return `${JSON.stringify(kept, null, 2)}\n`;
}

function tooLarge(bytes: number) {
  const what = `the change is too large to review at once (${bytes} bytes of diff, the limit is ${DIFF_LIMIT_BYTES})`;
  return { what, next: "split the envelope, or dispatch with --no-review", retryMs: null, class: "request" } as const;
}

function notReady(error: CcoError) {
  return { what: `${error.message}. ${error.why}`, next: error.hint, retryMs: null };
}

/** Probing costs 0.2 s; its result holds as long as the file stays the same. Failures are probed again. */
function rememberProbe(env: Record<string, string>): (path: string) => Promise<Result<Found, CcoError>> {
  let known: { readonly file: string; readonly version: string } | undefined;
  return async (path) => {
    const { size, mtimeMs } = await stat(path);
    const file = `${path} ${size} ${mtimeMs}`;
    if (known?.file === file) return succeed({ path, version: known.version });
    const probed = await probeClaude(path, env);
    if (!probed.ok) return probed;
    known = { file, version: probed.value };
    return succeed({ path, version: probed.value });
  };
}
