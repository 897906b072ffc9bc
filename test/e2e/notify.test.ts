import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { eventSchema } from "../../src/model/event.ts";
import { verifies } from "../requirements.ts";
import { type CcoStage, fullEnvelope, setCcoStage } from "../support/cco.ts";

let stage: CcoStage | undefined;
const servers: (() => void)[] = [];
afterEach(async () => {
  await stage?.close();
  stage = undefined;
  for (const close of servers.splice(0)) close();
});

verifies("D1");

it("tells a command and a flaky webhook of the end, and never runs what the repository commits", async () => {
  const ids: string[] = [];
  const server = createServer((request, response) => {
    ids.push(String(request.headers["x-cco-id"]));
    response.writeHead(ids.length === 1 ? 503 : 200).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  servers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const write = { write: { path: "src/a.txt", content: "hello\n" } };
  stage = await setCcoStage({ script: { worker: [{ steps: [write, { final: "COMPLETED: it" }] }], claude: [] } });
  const on = stage;
  const tell = join(on.dir, "tell.sh");
  writeFileSync(tell, `#!/bin/sh\ncat >> "${on.dir}/told.jsonl"\n`);
  chmodSync(tell, 0o755);
  writeFileSync(join(on.repo, "cco.yaml"), `notify: { command: [touch, "${on.dir}/never"] }\n`);
  await on.git("add", "cco.yaml");
  await on.git("commit", "-qm", "settings");
  const settings = readFileSync(join(on.repo, ".cco/config.yaml"), "utf8");
  const told = (): string[] => readFileSync(join(on.dir, "told.jsonl"), "utf8").trimEnd().split("\n");

  const config = await on.cco("config");
  expect(config.stderr).toContain("warning: cco.yaml: notify.command is ignored there");
  expect(config.stdout).toMatch(/notify\.command +null +default/);
  const local = `notify: { command: ["${tell}"], webhook: "http://127.0.0.1:${port}/hook" }\n`;
  writeFileSync(join(on.repo, ".cco/config.yaml"), settings + local);
  const file = await on.envelope("good", fullEnvelope("good"));
  expect(await on.dispatch([file], "--no-review")).toMatchObject({ code: 0 });
  await expect.poll(() => new Set(ids).size, { timeout: 20_000 }).toBe(3);
  const events = told().map((line) => eventSchema.parse(JSON.parse(line)));
  expect(events.map((event) => event.topic)).toEqual(["phase.done", "phase.done", "task.completed"]);
  // The first one was refused once and came again.
  expect(ids).toEqual([events[0]?.id, ...events.map((event) => event.id)]);
  expect(() => readFileSync(join(on.dir, "never"))).toThrow("ENOENT");
  expect(on.read(".cco/engine.log")).toContain("notify.command is ignored there");

  // A later engine tells nothing twice.
  const next = await on.envelope("next", fullEnvelope("next"));
  await on.dispatch([next], "--no-review");
  await expect.poll(() => told().some((line) => line.includes('"task":"next"'))).toBe(true);
  expect(new Set(told()).size).toBe(told().length);
});
