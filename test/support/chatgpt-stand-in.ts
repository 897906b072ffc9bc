import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { parseJson } from "../../src/kernel/json.ts";
import { vouchFor } from "./certificates.ts";

/** A request that reached the stand-in. `path`: with its query, without `/backend-api`. */
export interface ChatGptRequest {
  readonly method: string;
  readonly path: string;
  /** Parsed JSON; null for no body and for one that is compressed or no JSON. */
  readonly body: unknown;
  /** Account that the login names. */
  readonly account: string | null;
}

/** What a route says: a document or a text (status 200 if no other), nothing at all, ever, or the end of the connection. */
export type ChatGptAnswer =
  | { readonly json: unknown; readonly status?: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly text: string; readonly status?: number }
  | "silence"
  | "cut";

/** Answers a request; undefined: not mine, ask the next. */
export type ChatGptRoute = (request: ChatGptRequest) => ChatGptAnswer | undefined;

/** chatgpt.com on loopback: a CONNECT proxy that ends TLS itself. Nothing goes any further. */
export interface ChatGptStandIn {
  /** `HTTPS_PROXY` and `CODEX_CA_CERTIFICATE`, for whoever starts Codex. */
  readonly env: Readonly<Record<string, string>>;
  /** What was asked of chatgpt.com so far, oldest first. */
  requests(): readonly ChatGptRequest[];
  /** Host and port of every connection, also to hosts that are refused. */
  connections(): readonly string[];
  close(): Promise<void>;
}

const HOST = "chatgpt.com";

/** Starts it; the certificate of its authority is written into `dir`. Routes are asked in order, then those that every login needs. */
export async function startChatGptStandIn(dir: string, routes: readonly ChatGptRoute[] = []): Promise<ChatGptStandIn> {
  const requests: ChatGptRequest[] = [];
  const connections: string[] = [];
  const sockets = new Set<Socket>();
  const { ca, cert, key } = vouchFor(HOST);
  await mkdir(dir, { recursive: true });
  const caFile = join(dir, "stand-in-ca.pem");
  await writeFile(caFile, ca);
  const site = createServer((incoming, response) => {
    void readRequest(incoming).then((request) => {
      requests.push(request);
      const answer = [...routes, accountsRoute].map((route) => route(request)).find((given) => given !== undefined);
      if (answer === "cut") incoming.socket.destroy();
      else if (answer !== "silence") reply(response, answer ?? { json: { detail: "Not Found" }, status: 404 });
    });
  });
  site.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\n\r\n"));
  const proxy = createServer((_request, response) => response.writeHead(403).end());
  proxy.on("connection", (socket) => sockets.add(socket.on("error", () => socket.destroy())));
  proxy.on("connect", (request, socket: Socket) => {
    connections.push(request.url ?? "");
    if (request.url !== `${HOST}:443`) {
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    const secure = new TLSSocket(socket, { isServer: true, cert, key });
    secure.on("error", () => secure.destroy());
    site.emit("connection", secure);
  });
  const port = await listen(proxy);
  return {
    env: { HTTPS_PROXY: `http://127.0.0.1:${port}`, CODEX_CA_CERTIFICATE: caFile },
    requests: () => requests,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      site.closeAllConnections();
      await new Promise<void>((resolve) => {
        proxy.close(() => resolve());
      });
    },
  };
}

/** Writes a made-up ChatGPT login: an unsigned token that says who it is of. */
export async function writeChatGptLogin(codexHome: string, account = "acct-lab"): Promise<void> {
  const claims = {
    email: "nobody@localhost.invalid",
    exp: Math.floor(Date.now() / 1000) + 86_400,
    "https://api.openai.com/auth": {
      chatgpt_account_id: account,
      chatgpt_plan_type: "plus",
      chatgpt_user_id: "user-lab",
    },
  };
  const token = [{ alg: "none", typ: "JWT" }, claims, "none"]
    .map((part) => Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url"))
    .join(".");
  const tokens = { id_token: token, access_token: token, refresh_token: "made-up", account_id: account };
  const auth = { auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens, last_refresh: new Date().toISOString() };
  await mkdir(codexHome, { recursive: true });
  await writeFile(join(codexHome, "auth.json"), JSON.stringify(auth), { mode: 0o600 });
}

/** A window as `GET /wham/usage` reports it. */
export interface UsageWindow {
  readonly usedPercent: number;
  readonly minutes: number;
  readonly resetsInSeconds: number;
}

/** `GET /wham/usage`. `windows` is asked at each request; null: the route has nothing to say (500). */
export function usageRoute(
  windows: () => { readonly primary: UsageWindow | null; readonly secondary: UsageWindow | null } | null,
): ChatGptRoute {
  return ({ path }) => {
    if (path !== "/wham/usage") return undefined;
    const now = windows();
    if (now === null) return { json: { detail: "not now" }, status: 500 };
    const rate_limit = {
      allowed: true,
      limit_reached: false,
      primary_window: usageWindow(now.primary),
      secondary_window: usageWindow(now.secondary),
    };
    return { json: { plan_type: "plus", rate_limit, credits: null, additional_rate_limits: null } };
  };
}

function usageWindow(window: UsageWindow | null): unknown {
  if (window === null) return null;
  const { usedPercent, minutes, resetsInSeconds } = window;
  return {
    used_percent: usedPercent,
    limit_window_seconds: minutes * 60,
    reset_after_seconds: resetsInSeconds,
    reset_at: Math.floor(Date.now() / 1000) + resetsInSeconds,
  };
}

/** What 0.169 asks before everything else. */
const accountsRoute: ChatGptRoute = ({ path, account }) => {
  if (!path.startsWith("/wham/accounts/check")) return undefined;
  const id = account ?? "acct-lab";
  const entry = {
    id,
    account_id: id,
    plan_type: "plus",
    structure: "personal",
    workspace_backend_origin: `https://${HOST}`,
    account_routing_override: "us",
  };
  return { json: { accounts: [entry], default_account_id: id } };
};

function reply(response: ServerResponse, answer: Exclude<ChatGptAnswer, string>): void {
  const [type, body] =
    "text" in answer ? ["text/html", answer.text] : ["application/json", JSON.stringify(answer.json)];
  const more = "text" in answer ? {} : answer.headers;
  response.writeHead(answer.status ?? 200, { "content-type": type, ...more }).end(body);
}

async function readRequest(incoming: IncomingMessage): Promise<ChatGptRequest> {
  const parts: Buffer[] = [];
  for await (const part of incoming) if (Buffer.isBuffer(part)) parts.push(part);
  const account = incoming.headers["chatgpt-account-id"];
  return {
    method: incoming.method ?? "GET",
    path: (incoming.url ?? "/").replace(/^\/backend-api/, ""),
    body: parseJson(Buffer.concat(parts).toString("utf8")) ?? null,
    account: typeof account === "string" ? account : null,
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return address.port;
}
