import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { AttemptOrder, CloudOrder } from "../../ports/worker.ts";
import type { SupervisedCommand } from "../../process/supervised-command.ts";
import { attemptFiles } from "../attempt-files.ts";
import type { StartContext } from "../attempt-start.ts";
import { workerVariables } from "../confinement/environment.ts";
import { pathFor } from "../installed/installation.ts";
import { writeStateFile, writeTextFile } from "../state-file.ts";
import { versionText } from "../installed/version.ts";
import { type CloudJob, makeCloudFolder, readJob } from "./files.ts";
import { cloudPrompt, markOf } from "./prompt.ts";

/** Where the program of the bridge lies, seen from this file: as a part of a program of dist/, in src/codex/cloud. */
const PROGRAM_PLACES = ["..", ".", "../../../dist"];
const PROGRAM = "cloud-bridge.cjs";

/**
 * Lays out the attempt folder for the bridge to the cloud and says what the supervisor has to start. May be called again for the
 * same folder: what a running bridge already uses is left alone.
 */
export async function prepareCloud(
  { host, installation, user }: StartContext,
  order: AttemptOrder & { readonly cloud: CloudOrder },
): Promise<SupervisedCommand> {
  const files = attemptFiles(order.dir);
  await mkdir(order.dir, { recursive: true });
  const cloud = makeCloudFolder(order.dir);
  if (readJob(order.dir) === null) {
    await rm(files.lastMessage, { force: true });
    const mark = markOf(randomUUID());
    writeTextFile(files.prompt, cloudPrompt(order.prompt, mark, order.cloud.before));
    const job: CloudJob = {
      v: 1,
      codex: installation.binary.path,
      version: versionText([...installation.capabilities.version]),
      environment: order.cloud.environment,
      branch: order.cloud.branch,
      mark,
      pollMs: order.cloud.pollMs,
      goesOn: order.cloud.goesOn,
      sidecar: files.lastMessage,
    };
    writeStateFile(cloud.job, job);
  }
  const path = pathFor(host, installation.binary);
  return {
    v: 1,
    argv: [process.execPath, bridgeProgram(), order.dir],
    // Whatever Codex leaves where it works stays out of the work tree.
    cwd: cloud.folder,
    envNames: workerVariables(host.env, user.keyNames),
    envSet: path === undefined ? {} : { PATH: path },
    stdin: files.prompt,
    stdout: files.events,
    stderr: files.stderr,
    limits: order.limits,
    signsOfLife: [],
  };
}

function bridgeProgram(): string {
  const places = PROGRAM_PLACES.map((place) => fileURLToPath(new URL(`${place}/${PROGRAM}`, import.meta.url)));
  return places.find((path) => existsSync(path)) ?? PROGRAM;
}
