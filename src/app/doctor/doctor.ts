import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { boardWriteError } from "../../blackboard/board-errors.ts";
import { createClaudeReviewer } from "../../claude/reviewer.ts";
import { createCodexWorker } from "../../codex/worker.ts";
import { cloudCheck } from "./cloud.ts";
import { gitVersion } from "../../git/version.ts";
import { CcoError } from "../../kernel/errors.ts";
import type { DoctorCheck } from "../../model/printed-documents.ts";
import { openCards } from "../cards.ts";
import { sandboxChecks } from "./doctor-sandbox.ts";
import { ownEnvironment } from "../../process/own-programs.ts";
import { attachedRefusal } from "./preflight.ts";
import { workersEffort } from "../economy/effort-reach.ts";
import { codexHost, stateFolder } from "../host.ts";
import type { Project } from "../project.ts";

/** Free space below which the blackboard is at risk, in bytes. */
const LOW_DISK_BYTES = 500 * 1024 * 1024;

/** Every check of `cco doctor`. `project` is null outside of a repository. */
export async function runChecks(project: Project | null): Promise<DoctorCheck[]> {
  const [codex, claude, git] = await Promise.all([codexChecks(project), claudeChecks(), gitCheck(project)]);
  return [...codex, ...claude, git, diskCheck(project), ...boardChecks(project)];
}

const ok = (id: string, detail: string): DoctorCheck => ({ id, status: "ok", detail, fix: "" });
const warn = (id: string, detail: string, fix: string): DoctorCheck => ({ id, status: "warn", detail, fix });

function failed(id: string, error: CcoError): DoctorCheck {
  return { id, status: "fail", detail: `${error.code}: ${error.message}`, fix: error.hint };
}

async function codexChecks(project: Project | null): Promise<DoctorCheck[]> {
  const host = codexHost();
  const ready = await createCodexWorker(host).readiness();
  if (!ready.ok) return [failed("codex", ready.error)];
  const { path, version, login, confinement } = ready.value;
  const checks = [ok("codex", `${version} at ${path}`), ok("confinement", confinement)];
  checks.push(
    login === null
      ? failed("codex-login", new CcoError("CODEX_NOT_LOGGED_IN", "no login and no key"))
      : ok("codex-login", login),
  );
  const refusal = await attachedRefusal();
  checks.push(
    refusal === null
      ? ok("attached-lane", "workers that ask can be used (lane: attached)")
      : warn("attached-lane", `only the other lanes: ${refusal.message}`, refusal.hint),
  );
  const effort = await workersEffort();
  if (effort !== null)
    checks.push(effort.fix === null ? ok("effort", effort.detail) : warn("effort", effort.detail, effort.fix));
  const scratch = scratchFolder();
  try {
    return [...checks, ...(await sandboxChecks(host, scratch)), await cloudCheck(project)];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A folder outside of every place that a sandbox leaves writable. */
function scratchFolder(): string {
  mkdirSync(stateFolder(), { recursive: true });
  return mkdtempSync(join(stateFolder(), "doctor-"));
}

async function claudeChecks(): Promise<DoctorCheck[]> {
  const reviewer = createClaudeReviewer({ env: ownEnvironment(), cwd: process.cwd(), now: () => Date.now() });
  const ready = await reviewer.readiness();
  if (!ready.ok)
    return [
      warn(
        "claude",
        `${ready.error.code}: ${ready.error.message}`,
        `${ready.error.hint} (or dispatch with --no-review)`,
      ),
    ];
  const { version, path, login } = ready.value;
  const found = ok("claude", `${version} at ${path}`);
  return login === null
    ? [found, warn("claude-login", "no login and no key", "claude, then /login (or dispatch with --no-review)")]
    : [found, ok("claude-login", login)];
}

async function gitCheck(project: Project | null): Promise<DoctorCheck> {
  const version = await gitVersion();
  if (version === null) return { id: "git", status: "fail", detail: "git is not on PATH", fix: "install git" };
  if (project !== null) return ok("git", `${version}, repository ${project.root}`);
  return warn("git", `${version}, but this folder is not in a repository`, "cd into a repository, or git init");
}

/** Room and permission where the board is, or would be made. */
function diskCheck(project: Project | null): DoctorCheck {
  const folder =
    [project?.board, project?.root].find((path) => path !== undefined && existsSync(path)) ?? process.cwd();
  try {
    if (project !== null) accessSync(folder, constants.W_OK);
  } catch (error) {
    return failed("disk", boardWriteError(folder, error));
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const words = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  return free < LOW_DISK_BYTES ? warn("disk", words, "make room: work trees and logs need it") : ok("disk", words);
}

function boardChecks(project: Project | null): DoctorCheck[] {
  if (project === null) return [];
  const cards = openCards(project).length;
  return [cards === 0 ? ok("cards", "no open decision") : warn("cards", `${cards} open decision(s)`, "cco decide")];
}
