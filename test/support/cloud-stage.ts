import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { mkdtemp, rm } from "node:fs/promises";
import { type CcoStage, type CcoStageOptions, CONTENT_REVIEWER, setCcoStage } from "./cco.ts";
import { startChatGptStandIn, writeChatGptLogin } from "./chatgpt-stand-in.ts";
import type { CloudStandIn } from "./cloud-routes.ts";

/** Settings for a cloud that is asked every 50 ms. */
export const CLOUD_CONFIG =
  "engine: { idleSeconds: 0 }\nworker: { killGraceSeconds: 1 }\nretry: { baseSeconds: 0.05, jitterSeconds: 0 }\nbreaker: { cooldownSeconds: 0.2 }\ncloud: { environment: lab, pollSeconds: 0.05, hardMinutes: 1 }\n";

/** A stage with a cloud behind it, a login at ChatGPT, and a bare remote that has what is checked out. */
export async function setCloudStage(cloud: CloudStandIn, options: Partial<CcoStageOptions> = {}): Promise<CcoStage> {
  const dir = await mkdtemp("/var/tmp/cco-cloud-");
  const site = await startChatGptStandIn(dir, [cloud.route]);
  const stage = await setCcoStage({
    script: { worker: [], claude: CONTENT_REVIEWER },
    config: CLOUD_CONFIG,
    ...options,
    // The scripted reviewer is on loopback, where no proxy leads.
    env: { ...site.env, NO_PROXY: "127.0.0.1", ...options.env },
  });
  await writeChatGptLogin(stage.codexHome);
  const remote = join(stage.dir, "remote.git");
  mkdirSync(remote);
  await stage.git("init", "-q", "--bare", remote);
  await stage.git("remote", "add", "origin", remote);
  await stage.git("push", "-q", "-u", "origin", "main");
  return {
    ...stage,
    async close() {
      await stage.close();
      await site.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The envelope line that sends a task into the cloud. */
export const IN_THE_CLOUD = { extra: "lane: cloud\n" };
