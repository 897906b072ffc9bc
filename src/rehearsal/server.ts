import { createServer, type IncomingMessage, type Server } from "node:http";
import { describeThrown } from "../kernel/errors.ts";
import { readClaudeRequest } from "./claude-request.ts";
import { claudeTurn } from "./claude-turn.ts";
import { sendClaudeTurn } from "./messages.ts";
import { createRecorder, type RecordedRequest, type Recorder } from "./record.ts";
import { replyOn, type Reply } from "./reply.ts";
import { sendWorkerTurn } from "./responses.ts";
import { parseScript, type Script, type ScriptInput } from "./script.ts";
import { readWorkerRequest } from "./worker-request.ts";
import { workerTurn, type FaultCount } from "./worker-turn.ts";

/** A running scripted model provider. */
export interface ScriptedModel {
  readonly port: number;
  /** Root without a path: `ANTHROPIC_BASE_URL` as it is, Codex's `base_url` with `/v1` behind it. */
  readonly baseUrl: string;
  /** What was asked so far, oldest first. */
  requests(): RecordedRequest[];
  /** Ends every open connection and the server; harmless twice. */
  close(): Promise<void>;
}

export interface ScriptedModelOptions {
  /** Port on 127.0.0.1; 0 (default) takes a free one. */
  readonly port?: number;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;

interface Stage {
  readonly script: Script;
  readonly faults: FaultCount;
  readonly recorder: Recorder;
}

/**
 * Starts the provider on loopback. Throws REHEARSAL_SCRIPT for a script that is not valid.
 * `GET /rehearsal/requests` answers with the records without their bodies, for callers in another process.
 */
export async function startScriptedModel(
  script: ScriptInput,
  options: ScriptedModelOptions = {},
): Promise<ScriptedModel> {
  const stage: Stage = { script: parseScript(script), faults: createFaultCount(), recorder: createRecorder() };
  const server = createServer((request, response) => {
    const reply = replyOn(response);
    answer(stage, request, reply).catch((error: unknown) => {
      reply.whole(500, { error: { message: `rehearsal: ${describeThrown(error)}` } });
    });
  });
  // Codex tries a WebSocket first with some providers; 426 makes it fall back to HTTP at once and in silence.
  server.on("upgrade", (_request, socket) => {
    socket.end("HTTP/1.1 426 Upgrade Required\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const port = portOf(server);
  let closed: Promise<void> | undefined;
  return {
    port,
    baseUrl: `http://127.0.0.1:${port}`,
    requests: () => stage.recorder.all(),
    close: () => (closed ??= stop(server)),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(stage: Stage, request: IncomingMessage, reply: Reply): Promise<void> {
  const path = new URL(request.url ?? "/", "http://127.0.0.1").pathname;
  const method = request.method ?? "GET";
  if (method === "GET" && path === "/rehearsal/requests") {
    return reply.whole(
      200,
      stage.recorder.all().map(({ body: _body, ...rest }) => rest),
    );
  }
  const bytes = await readBody(request);
  const at = Date.now();
  const other = { at, api: "other", method, path, scene: null, step: null } as const;
  if (bytes === undefined) {
    stage.recorder.add({ ...other, answer: "too large" });
    return reply.whole(413, { error: { message: "rehearsal: the request is larger than 64 MB" } });
  }
  const body = method === "POST" ? parseJson(bytes) : undefined;
  if (method === "POST" && path === "/v1/responses") return answerWorker(stage, body, { reply, at, path });
  if (method === "POST" && path === "/v1/messages") return answerClaude(stage, body, { reply, at, path });
  stage.recorder.add({ ...other, answer: "other", ...(body === undefined ? {} : { body }) });
  if (method === "POST" && path === "/v1/messages/count_tokens") return reply.whole(200, { input_tokens: 1000 });
  if (method === "GET" && path === "/v1/models") return reply.whole(200, { object: "list", data: [], has_more: false });
  if (method === "HEAD") return reply.whole(200, "");
  return reply.whole(404, { error: { message: `rehearsal: nothing at ${method} ${path}` } });
}

interface Incoming {
  readonly reply: Reply;
  readonly at: number;
  readonly path: string;
}

async function answerWorker(stage: Stage, body: unknown, { reply, at, path }: Incoming): Promise<void> {
  const number = stage.recorder.next();
  const request = readWorkerRequest(body);
  const base = { at, api: "responses", method: "POST", path, body } as const;
  if (request === undefined) {
    stage.recorder.add({ ...base, scene: null, step: null, answer: "unreadable" });
    return reply.whole(400, { error: { message: "rehearsal: not a request of the Responses API" } });
  }
  const turn = workerTurn(stage.script, request, stage.faults);
  stage.recorder.add({
    ...base,
    ...(request.task === undefined ? {} : { task: request.task }),
    ...(request.attempt === undefined ? {} : { attempt: request.attempt }),
    prompt: request.prompt,
    scene: turn.scene,
    step: turn.step,
    answer: request.compaction ? "summary" : describeAct(turn.act),
  });
  return sendWorkerTurn(reply, turn, number);
}

async function answerClaude(stage: Stage, body: unknown, { reply, at, path }: Incoming): Promise<void> {
  const number = stage.recorder.next();
  const request = readClaudeRequest(body);
  const base = { at, api: "messages", method: "POST", path, body } as const;
  if (request === undefined) {
    stage.recorder.add({ ...base, scene: null, step: null, answer: "unreadable" });
    return reply.whole(400, { error: { message: "rehearsal: not a request of the Messages API" } });
  }
  const turn = claudeTurn(stage.script, request, stage.faults);
  stage.recorder.add({
    ...base,
    call: request.call,
    ...(request.task === undefined ? {} : { task: request.task }),
    ...(request.round === undefined ? {} : { round: request.round }),
    prompt: request.prompt,
    scene: turn.scene,
    step: turn.step,
    answer: describeAct(turn.act),
  });
  return sendClaudeTurn(reply, turn, { model: request.model, stream: request.stream, number });
}

interface AnyAct {
  readonly kind: string;
  readonly fault?: { readonly kind: string; readonly status?: number };
}

function describeAct(act: AnyAct): string {
  return ["kind" in act ? act.kind : "", act.fault?.kind, act.fault?.status]
    .filter((part) => part !== undefined)
    .join(" ");
}

function createFaultCount(): FaultCount {
  const counts = new Map<string, number>();
  return {
    take(key, times) {
      const taken = counts.get(key) ?? 0;
      if (times !== undefined && taken >= times) return false;
      counts.set(key, taken + 1);
      return true;
    },
  };
}

/** The whole body, or undefined when it is larger than the bound; the rest is then read and dropped. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined;
}

/** The parsed body; a text that is not JSON stays a text, which no reader takes for a request. */
function parseJson(bytes: Buffer): unknown {
  const text = bytes.toString("utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    return { notJson: text.slice(0, 1000), reason: describeThrown(error) };
  }
}
