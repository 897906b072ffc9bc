import { countRead, tasksNamedIn } from "../app/economy/count-read.ts";
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
      const given = parsed.arguments ?? {};
      const count = (text: string): void => {
        const project = parts.project();
        const named = tasksIn(given);
        countRead(project, "mcp", Buffer.byteLength(text), named.length > 0 ? named : tasksNamedIn(project, text));
      };
      return answerOf(async () => {
        const project = parts.project();
        parts.recover(project);
        const { told } = parts;
        return await tool.run(given, { project, signal, showsProgress, progress, client, told });
      }, count).then((answered) => {
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

/** The tasks that the arguments of a call name. */
function tasksIn(given: object): string[] {
  const named: unknown[] = ["task" in given ? given.task : [], "tasks" in given ? given.tasks : []].flat();
  return named.filter((task) => typeof task === "string" && isTaskId(task)).map(String);
}

/** The answer of a call, also when it failed: Claude reads both. */
async function answerOf(run: () => Promise<string>, count: (text: string) => void): Promise<object> {
  try {
    const text = await run();
    count(text);
    return { content: [{ type: "text", text }], isError: false };
  } catch (thrown) {
    const error = thrown instanceof CcoError ? thrown : bugOf(thrown);
    const text = errorAnswer(error);
    countFailed(() => count(text));
    return { content: [{ type: "text", text }], isError: true };
  }
}

/** Where there is no project there is no place to count. */
function countFailed(count: () => void): void {
  try {
    count();
  } catch (error) {
    if (!(error instanceof CcoError)) throw error;
  }
}

function bugOf(thrown: unknown): CcoError {
  const hint = "in Bash: cco status --json; then file the message";
  return new CcoError("INTERNAL", describeThrown(thrown), { hint, cause: thrown });
}
