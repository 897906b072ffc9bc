import { createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What reached a server: the headers of every request, oldest first. */
export interface Wire {
  readonly url: string;
  headers(): readonly IncomingMessage["headers"][];
  close(): Promise<void>;
}

/** A server in front of another one that notes the headers; while there is no target it refuses everything. */
export async function tapWire(targetNow: () => string | null = () => null): Promise<Wire> {
  const seen: IncomingMessage["headers"][] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    const target = targetNow();
    if (target === null) response.writeHead(500).end();
    else pass(target, request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, headers: () => [...seen], close };
}

function pass(target: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request;
  const onward = forward(new URL(request.url ?? "/", target), { ...(method === undefined ? {} : { method }), headers });
  onward.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}
