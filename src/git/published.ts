import type { Published, RemoteBranch } from "../ports/repo.ts";
import type { Git } from "./layout.ts";
import { gitLine, requireCommitId, runGit } from "./run-git.ts";

/** A remote that does not answer is not waited for, in ms. */
const REMOTE_MS = 30_000;

/** The branch of a remote repository that a local branch belongs to: its upstream, else the same name at `origin` or at the only remote. */
export async function upstreamOf(git: Git, branch: string): Promise<RemoteBranch | null> {
  const setting = async (key: string): Promise<string> => {
    const result = await runGit(git, ["config", "--get", `branch.${branch}.${key}`], { accept: [0, 1] });
    return result.stdout.toString("utf8").trim();
  };
  const [remote, merge] = [await setting("remote"), await setting("merge")];
  // `.` is an upstream in this very repository.
  if (remote !== "" && remote !== ".")
    return at(git, remote, merge.startsWith("refs/heads/") ? merge.slice("refs/heads/".length) : branch);
  const remotes = (await gitLine(git, ["remote"])).split("\n").filter((name) => name !== "");
  const [only = ""] = remotes.length === 1 ? remotes : [];
  const chosen = remotes.includes("origin") ? "origin" : only;
  return chosen === "" ? null : at(git, chosen, branch);
}

/** `https://host/owner/name.git`, `ssh://git@host/owner/name`, `git@host:owner/name.git`. */
const HOSTED = /^(?:https?:\/\/[^/]+\/|ssh:\/\/[^/]+\/|[\w.-]+@[^/:]+:)([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/;

async function at(git: Git, remote: string, branch: string): Promise<RemoteBranch> {
  const url = await runGit(git, ["config", "--get", `remote.${remote}.url`], { accept: [0, 1] });
  return { remote, branch, hosted: HOSTED.exec(url.stdout.toString("utf8").trim())?.[1] ?? null };
}

/** Whether a commit is in a branch of a remote repository. A remote that cannot be asked is taken as it was last seen. */
export async function publishedIn(git: Git, at: Omit<RemoteBranch, "hosted">, commit: string): Promise<Published> {
  requireCommitId(commit);
  const tip = await remoteTip(git, at);
  if (tip === null) return { kind: "no-branch" };
  if (tip === commit || (await isAncestor(git, commit, tip))) return { kind: "published" };
  if (!(await isKnown(git, tip))) return { kind: "unknown-tip", tip };
  const ahead = await gitLine(git, ["rev-list", "--count", `${tip}..${commit}`]);
  return { kind: "unpublished", commits: Number(ahead) };
}

async function remoteTip(git: Git, { remote, branch }: Omit<RemoteBranch, "hosted">): Promise<string | null> {
  const asked = await runGit(git, ["ls-remote", "--heads", "--", remote, `refs/heads/${branch}`], {
    accept: "any",
    timeoutMs: REMOTE_MS,
  });
  if (asked.code === 0) return /^([0-9a-f]{40,64})\t/m.exec(asked.stdout.toString("utf8"))?.[1] ?? null;
  const ref = `refs/remotes/${remote}/${branch}^{commit}`;
  const seen = await runGit(git, ["rev-parse", "--quiet", "--verify", "--end-of-options", ref], { accept: "any" });
  return seen.code === 0 ? seen.stdout.toString("utf8").trim() : null;
}

async function isKnown(git: Git, commit: string): Promise<boolean> {
  return (await runGit(git, ["cat-file", "-e", `${commit}^{commit}`], { accept: "any" })).code === 0;
}

async function isAncestor(git: Git, part: string, commit: string): Promise<boolean> {
  return (await runGit(git, ["merge-base", "--is-ancestor", part, commit], { accept: "any" })).code === 0;
}
