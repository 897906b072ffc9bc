import { loadConfig } from "../../blackboard/config-file.ts";
import { requireCloudLogin } from "../../codex/cloud/fitness.ts";
import { readStartContext } from "../../codex/installed/readiness.ts";
import { environmentOf, requirePublished, upstreamOf } from "../../engine/cloud.ts";
import { createGitRepo } from "../../git/repo.ts";
import { CcoError } from "../../kernel/errors.ts";
import type { DoctorCheck } from "../../model/printed-documents.ts";
import { codexHost } from "../host.ts";
import type { Project } from "../project.ts";

/**
 * Makes sure that the cloud could work for this project now: an environment is known, the login is one at ChatGPT, and what is checked
 * out is in the remote branch. Asks nothing of the cloud itself. Returns that in words. Throws CLOUD_ENVIRONMENT, CODEX_NOT_LOGGED_IN,
 * CLOUD_NOT_PUSHED, and what is wrong with Codex.
 */
export async function requireCloud(project: Project): Promise<string> {
  const repo = createGitRepo({ root: project.root });
  const base = await repo.base();
  const environment = environmentOf((await loadConfig(project.root)).config, await upstreamOf(repo, base));
  const context = await readStartContext(codexHost());
  if (!context.ok) throw context.error;
  const login = await requireCloudLogin(context.value);
  const branch = await requirePublished(repo, base);
  return `environment ${environment}, branch ${branch}, ${login}`;
}

/** The same for `cco doctor`. A project that names no environment does not use the cloud, which is no fault. */
export async function cloudCheck(project: Project | null): Promise<DoctorCheck> {
  const check = (status: DoctorCheck["status"], detail: string, fix = ""): DoctorCheck => ({
    id: "cloud",
    status,
    detail,
    fix,
  });
  if (project === null) return check("ok", "not used: this folder is not in a repository");
  try {
    if ((await loadConfig(project.root)).config.cloud.environment === null)
      return check("ok", "not used: cco config --set cloud.environment=NAME opens the lane");
    return check("ok", await requireCloud(project));
  } catch (error) {
    if (!(error instanceof CcoError)) throw error;
    return check("warn", `${error.code}: ${error.message}`, error.hint);
  }
}
