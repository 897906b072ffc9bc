import { isSecret, type Denial } from "./denial.ts";
import type { SandboxLog } from "./sandbox-log.ts";

/**
 * The smallest change that lets the denied thing happen. `envelope`: the line of a cco envelope. `codex`: the flag or
 * setting for somebody who runs Codex by hand; null where there is none. The sandbox itself is never switched off.
 */
export interface Fix {
  readonly envelope: string;
  readonly codex: string | null;
}

const NETWORK_FLAG = "-c sandbox_workspace_write.network_access=true";
const LOCAL = /(?:^|\b)(?:127\.\d+\.\d+\.\d+|localhost|0\.0\.0\.0|::1?)\b|\b(?:listen|bind) E|unix:|\.sock\b/;

/** What to change for a denial. */
export function fixFor(denial: Denial, log: Pick<SandboxLog, "sandbox" | "cwd">): Fix {
  switch (denial.kind) {
    case "broken":
      return brokenFix(denial);
    case "network":
      return networkFix(denial);
    case "policy":
      return policyFix(denial);
    case "path":
      return pathFix(denial, log);
  }
}

function brokenFix({ text }: Denial): Fix {
  const owned = /socket directory must be a user-owned directory/.test(text);
  const what = owned
    ? "remove /tmp/codex-daemon-<uid>, which belongs to another user"
    : "allow unprivileged user namespaces on this machine or container (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces)";
  return { envelope: `${what}, then cco doctor`, codex: what };
}

function networkFix(denial: Denial): Fix {
  const { text, subject, command } = denial;
  if (/was blocked|blocked-by-allowlist/.test(text)) {
    const host = subject ?? "the host";
    return { envelope: "network: true", codex: `allow ${host} under [permissions.<profile>.network.domains]` };
  }
  if (LOCAL.test(`${subject ?? ""} ${text}`)) {
    return {
      envelope: "loopback: true on the criterion that runs it (the worker leaves that command to cco)",
      codex: NETWORK_FLAG,
    };
  }
  const cache = CACHES.find((row) => row.command.test(command));
  const also = cache === undefined ? "" : `, and ${cache.setting} (its cache in the home folder is not writable)`;
  return { envelope: "network: true", codex: `${NETWORK_FLAG}${also}` };
}

/** Tools that keep a cache in the home folder, and the variable that puts it where the sandbox lets them write. */
const CACHES: readonly { command: RegExp; path: RegExp; setting: string }[] = [
  { command: /\b(?:npm|npx|pnpm)\b/, path: /\/\.npm\b/, setting: "npm_config_cache=/tmp/npm-cache" },
  { command: /\byarn\b/, path: /\/\.(?:yarn|cache\/yarn)\b/, setting: "YARN_CACHE_FOLDER=/tmp/yarn-cache" },
  { command: /\bpip3?\b/, path: /\/\.cache\/pip\b/, setting: "PIP_CACHE_DIR=/tmp/pip-cache" },
  { command: /\bcargo\b/, path: /\/\.cargo\b/, setting: "CARGO_HOME=/tmp/cargo" },
  {
    command: /\bgo\b/,
    path: /\/(?:go\/pkg|\.cache\/go-build)\b/,
    setting: "GOCACHE=/tmp/go-cache GOMODCACHE=/tmp/go-mod",
  },
];

function policyFix({ text, command }: Denial): Fix {
  if (/PreToolUse hook/.test(text)) {
    const what =
      "the hook named in hooks.json refuses this command: change the hook, or forbid the command in the order";
    return { envelope: `forbid: ["${quoted(command)}"], or change the hook`, codex: what };
  }
  if (/MCP tool call/.test(text)) {
    const codex = 'default_tools_approval_mode = "approve" under [mcp_servers.<name>] in config.toml';
    return { envelope: codex, codex };
  }
  if (/escalated|approval policy is/i.test(text)) {
    return {
      envelope:
        "say in ## Context that nothing outside the sandbox can be had, or give what it wanted: network: true for downloads",
      codex: `give what it wanted instead of an approval: ${NETWORK_FLAG}, or --add-dir DIR`,
    };
  }
  if (/\brm -f style|\brm -rf?\b|\brm -fr\b/.test(`${text} ${command}`)) {
    return {
      envelope: 'say in ## Context: delete with "rm -r PATH" or "git clean", rm -f is refused by Codex',
      codex: "delete with rm -r PATH or git clean; rm -f is refused by Codex",
    };
  }
  const why = /rejected: ([^"\\]+)/.exec(text)?.[1]?.trim();
  const rule = `the rule in $CODEX_HOME/rules/*.rules that matches it${why === undefined ? "" : ` ("${why}")`}`;
  return { envelope: `take the command out of the order, or change ${rule}`, codex: `change ${rule}` };
}

function pathFix(denial: Denial, log: Pick<SandboxLog, "sandbox" | "cwd">): Fix {
  const { text, subject, command } = denial;
  const path = subject ?? "";
  const cache = CACHES.find((row) => row.path.test(`${path} ${text}`));
  if (isSecret(path) && /denied|not permitted|EACCES|EPERM/i.test(text)) {
    return {
      envelope: `inputs: a file without secrets in place of ${path}, which stays hidden from workers`,
      codex: `remove the "deny" of ${path} from [permissions.<profile>.filesystem]`,
    };
  }
  if (
    /(?:^|\/)\.git(?:\/|$)/.test(path) ||
    /^git (?:add|commit|branch|checkout|switch|stash|merge|rebase|tag|config)\b/.test(command)
  ) {
    return {
      envelope: 'forbid: ["git commit"]: .git is read-only for workers, cco commits what they change',
      codex:
        "--add-dir <repository>/.git (in a linked work tree: .git/worktrees/NAME, .git/objects, .git/refs and .git/logs)",
    };
  }
  if (cache !== undefined) {
    return { envelope: `have the command say ${cache.setting}`, codex: `${cache.setting} in front of the command` };
  }
  if (log.sandbox === "read-only" || /blocked by read-only sandbox/.test(text)) {
    const inside = relativeTo(log.cwd, path);
    return { envelope: `write: ["${inside === "" ? "**" : inside}"]`, codex: "-s workspace-write" };
  }
  const name = path.split("/").findLast((part) => part !== "" && part !== "..") ?? "path/in/the/repository";
  const folder = path.startsWith("/") ? path.slice(0, Math.max(1, path.lastIndexOf("/"))) : "DIR";
  return {
    envelope: `write: ["${quoted(name)}"], and have it written there: only the work tree and /tmp are writable`,
    codex: folder === "/" || folder === "/etc" ? "have it written inside the workspace" : `--add-dir ${folder}`,
  };
}

function relativeTo(cwd: string | null, path: string): string {
  if (cwd !== null && path.startsWith(`${cwd}/`)) return path.slice(cwd.length + 1);
  return path.startsWith("/") || path.startsWith("~") || path.startsWith("..") ? "" : path.replace(/^\.\//, "");
}

function quoted(text: string): string {
  return text.replaceAll(/["\\]/g, "").slice(0, 80);
}
