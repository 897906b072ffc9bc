import { countRead } from "../app/count-read.ts";
import type { Project } from "../app/project.ts";
import { CcoError, describeThrown } from "../kernel/errors.ts";
import { isTaskId } from "../kernel/ids.ts";
import { callSchema, type RequestId } from "./protocol.ts";
import { errorAnswer } from "./texts.ts";
import type { Told } from "./told.ts";
import { TOOLS } from "./tool-table.ts";

/** What calls need of the connection. */
export interface CallParts {
  /** The project of the session; throws REPO_NOT_FOUND. Asked at every call: a repository may be made meanwhile. */
  project(): Project;
  /** Called before a tool runs: work that a dead engine left behind goes on. */
  recover(project: Project): void;
  /** Sends a notification to the client. */
  notify(method: string, params: object): void;
  readonly told: Told;
}

/** The calls of one connection that are under way. */
export interface ToolCalls {
  /** The answer of a call, or null when the client took it back. Undefined: there is no such tool. */
  run(id: RequestId, params: unknown, client: string): Promise<object | null> | undefined;
  cancel(id: RequestId): void;
  cancelAll(): void;
}

/** Runs tools for one client. What a tool throws is an answer too. */
export function makeToolCalls(parts: CallParts): ToolCalls {
  const running = new Map<RequestId, AbortController>();
  return {
    run(id, params, client) {
      const parsed = callSchema.safeParse(params).data;
      const tool = TOOLS.find(({ name }) => name === parsed?.name);
      if (parsed === undefined || tool === undefined) return undefined;
      const controller = new AbortController();
      running.set(id, controller);
      const { signal } = controller;
      const token = parsed._meta?.progressToken;
      const showsProgress = token !== undefined;
      let signs = 0;
      const progress = (message: string): void => {
        if (!showsProgress || signal.aborted) return;
        signs += 1;
        parts.notify("notifications/progress", { progressToken: token, progress: signs, message });
      };
      return answerOf(async () => {
        const project = parts.project();
        parts.recover(project);
        const { told } = parts;
        const given = parsed.arguments ?? {};
        const text = await tool.run(given, { project, signal, showsProgress, progress, client, told });
        countRead(project, "mcp", Buffer.byteLength(text), taskIn(given));
        return text;
      }).then((answered) => {
        running.delete(id);
        return signal.aborted ? null : answered;
      });
    },
    cancel: (id) => running.get(id)?.abort(),
    cancelAll() {
      for (const controller of running.values()) controller.abort();
    },
  };
}

/** The one task that a call is about; null for calls about none or many. */
function taskIn(given: object): string | null {
  const task: unknown = "task" in given ? given.task : null;
  return typeof task === "string" && isTaskId(task) ? task : null;
}

async function answerOf(run: () => Promise<string>): Promise<object> {
  try {
    return { content: [{ type: "text", text: await run() }], isError: false };
  } catch (thrown) {
    const error = thrown instanceof CcoError ? thrown : bugOf(thrown);
    return { content: [{ type: "text", text: errorAnswer(error) }], isError: true };
  }
}

function bugOf(thrown: unknown): CcoError {
  const hint = "in Bash: cco status --json; then file the message";
  return new CcoError("INTERNAL", describeThrown(thrown), { hint, cause: thrown });
}
