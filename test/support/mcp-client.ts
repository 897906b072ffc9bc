import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { z } from "zod";
import { parseJson } from "../../src/kernel/json.ts";
import { PROGRAM } from "./cco.ts";

const answerSchema = z.looseObject({
  isError: z.boolean(),
  content: z.array(z.looseObject({ type: z.literal("text"), text: z.string() })),
});
const messageSchema = z.looseObject({
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
});

type Message = z.infer<typeof messageSchema>;

/** The answer of a tool as a client sees it. */
export interface ToolAnswer {
  readonly text: string;
  readonly isError: boolean;
}

/** A client of `cco mcp` that speaks the bare protocol. */
export interface McpClient {
  /** Sends a text as it is. */
  raw(text: string): void;
  request(method: string, params?: object): Promise<Message>;
  call(name: string, args?: object, meta?: object): Promise<ToolAnswer>;
  notify(method: string, params: object): void;
  /** Waits for the next message that fits. */
  next(fits: (message: Message) => boolean): Promise<Message>;
  messages(): readonly Message[];
  kill(): Promise<void>;
  /** Closes its side and waits for the end of the server; its exit code. */
  finish(): Promise<number | null>;
}

/** Starts the server in a folder. */
export function startMcp(cwd: string, env: Readonly<Record<string, string>>): McpClient {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(process.execPath, [PROGRAM, "mcp"], {
    cwd,
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const seen: Message[] = [];
  const waiting = new Set<() => void>();
  let rest = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    // Every line that the server writes is a message, and nothing else.
    seen.push(...lines.map((line) => messageSchema.parse(parseJson(line))));
    for (const look of waiting) look();
  });
  const ended = new Promise<number | null>((resolve) => void child.once("close", (code) => resolve(code)));
  const raw = (text: string): void => void child.stdin.write(text);
  const next = (fits: (message: Message) => boolean): Promise<Message> =>
    new Promise((resolve) => {
      const look = (): void => {
        const message = seen.find(fits);
        if (message === undefined) return;
        waiting.delete(look);
        resolve(message);
      };
      waiting.add(look);
      look();
    });
  let id = 0;
  const request = (method: string, params?: object): Promise<Message> => {
    const own = (id += 1);
    raw(`${JSON.stringify({ jsonrpc: "2.0", id: own, method, params })}\n`);
    return next((message) => message.id === own && message.method === undefined);
  };
  return {
    raw,
    request,
    next,
    async call(name, args, meta) {
      const { result } = await request("tools/call", { name, arguments: args, _meta: meta });
      const { content, isError } = answerSchema.parse(result);
      return { text: content.map(({ text }) => text).join(""), isError };
    },
    notify: (method, params) => raw(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`),
    messages: () => seen,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    finish() {
      child.stdin.end();
      return ended;
    },
  };
}
