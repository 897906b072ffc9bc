import { existsSync } from "node:fs";
import { findProject, type Project } from "../app/project.ts";
import { CcoError } from "../kernel/errors.ts";
import { type HookInput, readHookInput } from "./hook-input.ts";
import { beforeTool } from "./pre-tool-use.ts";

/** Most input that is read, in bytes; the largest are tool calls that write files. */
const INPUT_BYTES = 16 * 1024 * 1024;

/** Longest wait for the end of the input, in ms; Claude Code writes it at once. */
const INPUT_MS = 3000;

// `cco hook EVENT`: reads what Claude Code tells a hook, prints what it should know or nothing. Whatever happens, the session goes on.
void main();

async function main(): Promise<void> {
  // Sessions that cco itself asks for a review are nobody's to guide.
  if (process.env["CCO_REVIEWER"] !== undefined) return;
  try {
    const input = process.stdin.isTTY ? null : readHookInput(await readInput());
    const event = plain(process.argv[3] ?? "") || plain(input?.event ?? "");
    const said = input === null ? null : await answerOf(event, input);
    if (said === null || input === null) return;
    process.stdout.write(`${said}\n`);
    await countSaid(input, said);
  } catch (thrown) {
    // A hook that fails must not break the session that called it; why it failed is for whoever asks.
    if (process.env["CCO_HOOK_DEBUG"] !== undefined) process.stderr.write(`${String(thrown)}\n`);
  }
}

/** What a hook says, Claude has to read. */
async function countSaid(input: HookInput, said: string): Promise<void> {
  const project = projectOf(input);
  if (project === null) return;
  const { countRead, tasksNamedIn } = await import("../app/economy/count-read.ts");
  countRead(project, "hook", Buffer.byteLength(said), tasksNamedIn(project, said));
}

async function answerOf(event: string, input: HookInput): Promise<string | null> {
  if (event === "pretooluse") return beforeTool(input);
  const project = projectOf(input);
  if (project === null) return null;
  if (event === "stop") return (await import("./stop.ts")).atStop(project, input);
  if (event === "sessionstart") return (await import("./session-start.ts")).atSessionStart(project, input);
  if (event === "precompact") return (await import("./session-start.ts")).beforeCompaction(project, input);
  // SessionEnd and all others: nothing is due. Workers belong to the engine, not to the session.
  return null;
}

/** The project of the session where cco was ever used; null for all others. */
function projectOf(input: HookInput): Project | null {
  // A session may have wandered off into another folder.
  const folders = [input.cwd, process.env["CLAUDE_PROJECT_DIR"] ?? "", process.cwd()];
  const projects = folders.filter((folder) => folder !== "").map(projectAbove);
  return projects.find((project) => project !== null && existsSync(project.board)) ?? null;
}

function projectAbove(folder: string): Project | null {
  try {
    return findProject(folder, undefined);
  } catch (error) {
    if (error instanceof CcoError) return null;
    throw error;
  }
}

/** `SessionStart`, `session-start` and `sessionstart` are the same event. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, "");
}

/** What comes on stdin until its end, or until nobody can be meant any more. */
async function readInput(): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const timer = setTimeout(() => process.stdin.destroy(), INPUT_MS);
  process.stdin.on("data", (chunk: Buffer) => {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes > INPUT_BYTES) process.stdin.destroy();
  });
  process.stdin.on("error", () => process.stdin.destroy());
  // A pipe closes; a file or /dev/null only ends.
  await new Promise<void>((resolve) => void process.stdin.once("close", resolve).once("end", resolve));
  clearTimeout(timer);
  return Buffer.concat(parts).toString("utf8");
}
