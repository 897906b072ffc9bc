import type { WorkerStep } from "./script.ts";

/** A tool call as the Responses API carries it: JSON arguments for a function, text for a custom tool. */
export type ToolCall =
  | { readonly type: "function"; readonly name: string; readonly arguments: Readonly<Record<string, unknown>> }
  | { readonly type: "custom"; readonly name: string; readonly input: string };

/** How a command that has not ended can be waited for: a shell session, or a cell of code mode. */
export type Running = { readonly session: number } | { readonly cell: string };

type RunStep = Extract<WorkerStep, { run: string }>;

/** The longest that one call waits for output; Codex allows no more (tool description of 0.169). */
const WAIT_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 600_000;

/** The call of an acting step in the tools of this request. `skip`: nothing to call. `unavailable`: no tool for it. */
export function callFor(step: WorkerStep, tools: ReadonlySet<string>): ToolCall | "skip" | "unavailable" {
  if ("run" in step) return runCall(step, tools);
  if ("patch" in step) return patchCall(step.patch, tools);
  if ("write" in step) return writeCall(step.write.path, step.write.content, tools);
  if ("plan" in step) return planCall(step.plan, tools);
  return "skip";
}

/** Reads off a tool's output that its command goes on; the output of the command itself is not looked at. */
export function stillRunning(output: string): Running | undefined {
  const head = output.split(/^Output:/m, 1)[0] ?? "";
  const session = /^Process running with session ID (\d+)/m.exec(head)?.[1];
  if (session !== undefined) return { session: Number(session) };
  const cell = /^Script running with cell ID (\S+)/m.exec(head)?.[1];
  return cell === undefined ? undefined : { cell };
}

/** The call that waits once more for a running command; undefined when the time of the step is over. */
export function pollFor(step: RunStep, running: Running, poll: number): ToolCall | undefined {
  const leftMs = (step.timeoutMs ?? DEFAULT_TIMEOUT_MS) - poll * WAIT_MS;
  if (leftMs <= 0) return undefined;
  const wait = { yield_time_ms: Math.min(leftMs, WAIT_MS) };
  return "session" in running
    ? { type: "function", name: "write_stdin", arguments: { session_id: running.session, chars: "", ...wait } }
    : { type: "function", name: "wait", arguments: { cell_id: running.cell, ...wait } };
}

function runCall(step: RunStep, tools: ReadonlySet<string>): ToolCall | "unavailable" {
  const timeoutMs = step.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const outside =
    step.escalate === undefined ? {} : { sandbox_permissions: "require_escalated", justification: step.escalate };
  const args = { cmd: step.run, yield_time_ms: Math.min(timeoutMs, WAIT_MS), ...outside };
  if (tools.has("exec")) return codeCall(runScript(args, Math.ceil(timeoutMs / WAIT_MS) - 1), args.yield_time_ms);
  if (tools.has("exec_command")) return { type: "function", name: "exec_command", arguments: args };
  if (!tools.has("shell_command")) return "unavailable";
  return { type: "function", name: "shell_command", arguments: { command: step.run, timeout_ms: timeoutMs } };
}

function runScript(args: Readonly<Record<string, unknown>>, polls: number): string {
  return [
    `let result = await tools.exec_command(${JSON.stringify(args)});`,
    `for (let left = ${polls}; left > 0 && result.session_id !== undefined; left -= 1) {`,
    `  result = await tools.write_stdin({ session_id: result.session_id, chars: "", yield_time_ms: ${WAIT_MS} });`,
    "}",
    "text(result);",
  ].join("\n");
}

function patchCall(patch: string, tools: ReadonlySet<string>): ToolCall | "unavailable" {
  if (tools.has("exec")) return codeCall(`text(await tools.apply_patch(${JSON.stringify(patch)}));`, WAIT_MS);
  if (tools.has("apply_patch")) return { type: "custom", name: "apply_patch", input: patch };
  // Models without the tool find a program of that name on their PATH.
  const end = freeDelimiter(patch);
  return runCall({ run: `apply_patch <<'${end}'\n${patch.replace(/\n?$/, "\n")}${end}` }, tools);
}

/** A patch where the format can carry the text, else base64 through the shell: any content arrives byte for byte. */
function writeCall(path: string, content: string, tools: ReadonlySet<string>): ToolCall | "unavailable" {
  const patchable = content.endsWith("\n") && !/[\0\r]/.test(content) && !/[\r\n]/.test(path);
  if (patchable && (tools.has("exec") || tools.has("apply_patch"))) {
    const lines = content.slice(0, -1).split("\n");
    const patch = ["*** Begin Patch", `*** Add File: ${path}`, ...lines.map((line) => `+${line}`), "*** End Patch"];
    return patchCall(patch.join("\n"), tools);
  }
  const bytes = Buffer.from(content, "utf8").toString("base64");
  const target = quoted(path);
  return runCall({ run: `mkdir -p "$(dirname ${target})" && printf %s '${bytes}' | base64 -d > ${target}` }, tools);
}

function planCall(plan: readonly unknown[], tools: ReadonlySet<string>): ToolCall | "skip" {
  return tools.has("update_plan") ? { type: "function", name: "update_plan", arguments: { plan } } : "skip";
}

function codeCall(script: string, yieldMs: number): ToolCall {
  return { type: "custom", name: "exec", input: `// @exec: {"yield_time_ms": ${yieldMs}}\n${script}` };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function freeDelimiter(text: string): string {
  let end = "END_OF_PATCH";
  while (text.includes(end)) end += "_";
  return end;
}
