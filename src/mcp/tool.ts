import type * as z from "zod";
import type { Project } from "../app/project.ts";
import { readArguments } from "./arguments.ts";
import type { Told } from "./told.ts";

/** What a tool gets besides its arguments. */
export interface ToolCall {
  readonly project: Project;
  /** Aborted when the client takes the call back or goes away; the work that was started goes on. */
  readonly signal: AbortSignal;
  /** True when the client shows progress; then it also counts as a sign of life. */
  readonly showsProgress: boolean;
  /** Tells the client how it goes; nothing happens where it did not ask for it. */
  progress(message: string): void;
  /** Name that the client gave itself. */
  readonly client: string;
  /** What this connection was told already. */
  readonly told: Told;
}

/** One tool of the server. The schema is the only place where its arguments are described. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly arguments: z.ZodObject;
  /** It changes nothing: a client may run several at once. */
  readonly reads: boolean;
  /** Text of the answer. Throws what went wrong as CcoError. */
  run(args: unknown, call: ToolCall): Promise<string>;
}

/** A tool whose program gets its arguments as the schema yields them. */
export function defineTool<Schema extends z.ZodObject>(tool: {
  readonly name: string;
  readonly description: string;
  readonly arguments: Schema;
  readonly reads: boolean;
  readonly run: (args: z.infer<Schema>, call: ToolCall) => Promise<string>;
}): Tool {
  return { ...tool, run: async (args, call) => tool.run(readArguments(tool, args), call) };
}
