import { spawn, type ChildProcess } from "node:child_process";
import { z } from "zod";
import { parseJson } from "../../src/kernel/json.ts";
import { claudeBin } from "./binaries.ts";
import type { CcoStage } from "./cco.ts";
import { type Finished, runProgram } from "./rehearsal-stage.ts";
import { repositoryRoot } from "./source-scan.ts";

/** Tools of the plugin's server as Claude Code names them. */
export const toolName = (tool: string): string => `mcp__plugin_cco_cco__${tool}`;

const initSchema = z.looseObject({
  type: z.literal("system"),
  subtype: z.literal("init"),
  session_id: z.string(),
  tools: z.array(z.string()),
  mcp_servers: z.array(z.looseObject({ name: z.string(), status: z.string() })),
  agents: z.array(z.string()),
  skills: z.array(z.string()),
  plugins: z.array(z.looseObject({ name: z.string() })),
});
const resultBlockSchema = z.looseObject({
  type: z.literal("tool_result"),
  tool_use_id: z.string(),
  is_error: z.boolean().optional(),
  content: z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]),
});
const useBlockSchema = z.looseObject({ type: z.literal("tool_use"), id: z.string(), name: z.string() });
const messageSchema = z.looseObject({ message: z.looseObject({ content: z.array(z.unknown()) }) });

/** One tool call of a session, as the model saw it. */
export interface SeenCall {
  readonly tool: string;
  readonly text: string;
  readonly isError: boolean;
}

/** What a session of Claude Code left. */
export interface SeenSession extends Finished {
  readonly init: z.infer<typeof initSchema>;
  readonly calls: readonly SeenCall[];
}

/** Installs the plugin of this repository for the Claude Code of a stage, as a user does. */
export async function installPlugin(stage: CcoStage): Promise<void> {
  for (const args of [
    ["plugin", "marketplace", "add", repositoryRoot],
    ["plugin", "install", "cco@cc-orchestrator"],
  ]) {
    const done = await runProgram(claudeBin(), args, { cwd: stage.repo, env: stage.env });
    if (done.code !== 0) throw new Error(`claude ${args.join(" ")}: ${done.stdout}${done.stderr}`);
  }
}

const FLAGS = ["-p", "--output-format", "stream-json", "--verbose", "--include-hook-events"];
const GRANTS = ["--allowedTools", "mcp__plugin_cco_cco,Bash"];

/** A one-shot session to its end. */
export async function runSession(stage: CcoStage, prompt: string, ...extra: string[]): Promise<SeenSession> {
  const args = [...FLAGS, ...GRANTS, ...extra];
  const done = await runProgram(claudeBin(), args, {
    cwd: stage.repo,
    env: stage.env,
    stdin: prompt,
    timeoutMs: 80_000,
  });
  return { ...done, ...readStream(done.stdout) };
}

/**
 * A session that lives on between its turns, as an interactive one, until it has given this many answers; a call of a server goes to the
 * background after `backgroundMs`.
 */
export async function converse(
  stage: CcoStage,
  prompt: string,
  { answers, backgroundMs }: { readonly answers: number; readonly backgroundMs: number },
): Promise<Pick<SeenSession, "stdout" | "init" | "calls">> {
  const env = {
    ...stage.env,
    CLAUDE_AUTO_BACKGROUND_TASKS: "1",
    CLAUDE_CODE_MCP_AUTO_BACKGROUND_MS: String(backgroundMs),
  };
  const args = [...FLAGS, "--input-format", "stream-json", ...GRANTS];
  const child = spawn(claudeBin(), args, { cwd: stage.repo, env });
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString("utf8");
    if (stdout.split("\n").filter((line) => line.includes('"type":"result"')).length >= answers) child.stdin.end();
  });
  child.stderr.resume();
  child.stdin.write(`${JSON.stringify({ type: "user", message: { role: "user", content: prompt } })}\n`);
  await new Promise<void>((resolve) => void child.once("close", () => resolve()));
  return { stdout, ...readStream(stdout) };
}

/** A session that is still there; whoever starts it ends it, with all that belongs to it. */
export function startSession(stage: CcoStage, prompt: string): { readonly child: ChildProcess; kill(): Promise<void> } {
  const child = spawn(claudeBin(), [...FLAGS, ...GRANTS], { cwd: stage.repo, env: stage.env, detached: true });
  child.stdout.resume();
  child.stderr.resume();
  child.stdin.end(prompt);
  const ended = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  const kill = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
  };
  return { child, kill };
}

function readStream(stdout: string): Pick<SeenSession, "init" | "calls"> {
  const lines = stdout.split("\n").map(parseJson);
  const init = lines.map((line) => initSchema.safeParse(line).data).find((line) => line !== undefined);
  if (init === undefined) throw new Error(`no init message: ${stdout.slice(0, 2000)}`);
  const blocks = lines.flatMap((line) => messageSchema.safeParse(line).data?.message.content ?? []);
  const names = new Map(
    blocks.flatMap((block) => {
      const use = useBlockSchema.safeParse(block).data;
      return use === undefined ? [] : [[use.id, use.name] as const];
    }),
  );
  const calls = blocks.flatMap((block): SeenCall[] => {
    const result = resultBlockSchema.safeParse(block).data;
    if (result === undefined) return [];
    const { content } = result;
    const text = typeof content === "string" ? content : content.map((part) => part.text ?? "").join("");
    return [{ tool: names.get(result.tool_use_id) ?? "", text, isError: result.is_error === true }];
  });
  return { init, calls };
}
