import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../../kernel/json.ts";
import { processIdentitySchema } from "../../model/lease.ts";
import { identityOf, isAlive } from "../../process/process-identity.ts";
import { readText } from "../board/read-text.ts";
import { endEngine } from "./end-engine.ts";

const OWNER = "owner.json";

/** Removes a folder of drills with everything in it. */
export function removeDrillFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

/**
 * Makes the folder of a round of drills below `stateDir`, and clears away those of rounds that were killed. Not in the
 * temporary folder, which sandboxes leave writable.
 */
export async function makeDrillFolder(stateDir: string): Promise<string> {
  const all = join(stateDir, "drills");
  mkdirSync(all, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(all)) await clearIfDead(join(all, name));
  const folder = mkdtempSync(join(all, "round-"));
  writeFileSync(join(folder, OWNER), JSON.stringify(identityOf(process.pid)));
  return folder;
}

async function clearIfDead(folder: string): Promise<void> {
  const owner = processIdentitySchema.safeParse(parseJson(readText(join(folder, OWNER)) ?? "")).data;
  if (owner === undefined || isAlive(owner)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const dir = join(folder, entry.name);
    const env = { PATH: process.env["PATH"] ?? "", HOME: join(dir, "home"), XDG_STATE_HOME: join(dir, "state") };
    if (entry.isDirectory()) await endEngine(join(dir, "repo"), env);
  }
  removeDrillFolder(folder);
}
