import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureLayout } from "../blackboard/layout.ts";
import type { Project } from "./project.ts";

/** Makes the blackboard folders. */
export function ensureBoard(project: Project): void {
  ensureLayout(project.board);
}

/** Makes the blackboard and its commented config.yaml where they are missing; returns what was made. */
export async function initProject(project: Project): Promise<string[]> {
  const made: string[] = [];
  if (!existsSync(project.board)) made.push(".cco/");
  ensureBoard(project);
  const config = join(project.board, "config.yaml");
  if (existsSync(config)) return made;
  const { renderConfigTemplate } = await import("../blackboard/config-template.ts");
  await writeFile(config, renderConfigTemplate(), { flag: "wx" });
  return [...made, "config.yaml"];
}
