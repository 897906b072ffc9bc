import type { ServerResponse } from "node:http";

/** One open HTTP answer. Every method is harmless after the client has gone. */
export interface Reply {
  /** A whole answer at once. A text body that looks like a page goes out as HTML, anything else as JSON. */
  whole(status: number, body: unknown, headers?: Readonly<Record<string, string>>): void;
  /** Headers of an event stream; goes out at once. */
  open(headers?: Readonly<Record<string, string>>): void;
  /** One server-sent event; its type stands in the data as well, as both APIs do it. */
  event(type: string, data: Readonly<Record<string, unknown>>): void;
  raw(text: string): void;
  end(): void;
  /** Ends the connection in the middle, after what was written has left. */
  cut(): Promise<void>;
  /** Resets the connection (TCP RST). */
  reset(): void;
  /** Resolves when the time is over or the client has gone. */
  wait(ms: number): Promise<void>;
  /** Never answers again; resolves when the client has gone. `pingMs`: time between comment lines; absent: none. */
  hold(pingMs?: number): Promise<void>;
}

/** How long written bytes get to leave before a cut; without it the client may see no answer at all. */
const FLUSH_MS = 50;

/** Wraps a response of Node's http server. */
export function replyOn(response: ServerResponse): Reply {
  const left = new Promise<void>((resolve) => {
    response.once("close", resolve);
  });
  const write = (text: string): void => {
    if (!response.writableEnded && !response.destroyed) response.write(text);
  };
  const wait = async (ms: number): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([left, over]);
    clearTimeout(timer);
  };
  return {
    whole(status, body, headers) {
      if (response.destroyed || response.headersSent) return;
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const type = text.startsWith("<") ? "text/html" : "application/json";
      response.writeHead(status, { "content-type": type, ...headers });
      response.end(text);
    },
    open(headers) {
      if (response.destroyed) return;
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache", ...headers });
      response.flushHeaders();
    },
    event(type, data) {
      write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
    },
    raw: write,
    end() {
      if (!response.destroyed) response.end();
    },
    async cut() {
      await wait(FLUSH_MS);
      response.destroy();
    },
    reset: () => response.socket?.resetAndDestroy(),
    wait,
    async hold(pingMs) {
      const pings = pingMs === undefined ? undefined : setInterval(() => write(": ping\n\n"), pingMs);
      await left;
      clearInterval(pings);
    },
  };
}

/** A reply of which only the first `limit` events leave; `left` says how many may still leave. */
export function firstEvents(reply: Reply, limit: number): Reply & { left(): number } {
  let sent = 0;
  return {
    ...reply,
    event(type, data) {
      if (sent >= limit) return;
      sent += 1;
      reply.event(type, data);
    },
    left: () => limit - sent,
  };
}
