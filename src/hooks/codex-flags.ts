import { nameOf } from "./shell/scope.ts";

/** Flags that are unsafe by themselves, and what they give up. */
const UNSAFE: Readonly<Record<string, string>> = {
  "--dangerously-bypass-approvals-and-sandbox": "switches the sandbox off",
  "--yolo": "switches the sandbox off",
  "--full-auto": "leaves approvals to the moment",
  "--approve-for-me": "lets a model approve what the sandbox refuses",
  "--dangerously-bypass-hook-trust": "runs hooks that nobody has looked at",
  "--trust": "trusts the project for all later sessions",
};

/** Flags whose value is the next word. */
const VALUED = new Set(
  "-c --config -m --model -p --profile -s --sandbox -C --cd -i --image -a --ask-for-approval -o --output-last-message --add-dir --output-schema --color --enable --disable --local-provider --thread-source --remote".split(
    " ",
  ),
);

/** Subcommands that let a model act; the others look, log in or are somebody else's. */
const ACTING = new Set(["exec", "e", "review", "resume", "fork", ""]);
const OTHERS = new Set(
  "agents login logout mcp mcp-server plugin app-server remote-control completion update doctor sandbox debug apply a queue archive delete migrate-rollouts migrate-nfs-db unarchive cloud exec-server features help".split(
    " ",
  ),
);

/** A flag and its value, when it has one. */
interface Flag {
  readonly name: string;
  readonly value: string;
}

/** Why a program call is an unsafe start of Codex, one reason each; empty when it is none. */
export function unsafeCodex(words: readonly string[]): string[] {
  if (!isCodex(words[0])) return [];
  const { flags, positional } = readFlags(words.slice(1));
  const first = positional[0] ?? "";
  const command = ACTING.has(first) || OTHERS.has(first) ? first : "";
  if (!ACTING.has(command)) return [];
  if (flags.some(({ name }) => ["-h", "--help", "-V", "--version"].includes(name)) || positional[1] === "help")
    return [];
  const reasons = flags.flatMap(reasonsOf);
  const isExec = command === "exec" || command === "e";
  const sidecar = flags.some(({ name }) => name === "-o" || name === "--output-last-message");
  if (isExec && !sidecar) reasons.push("no -o FILE: nothing tells afterwards whether it really finished");
  return [...new Set(reasons)];
}

function isCodex(word: string | undefined): boolean {
  // A variable of the surroundings that is named after it most likely holds its path; one of a folder holds others.
  if (/^\$\{?\w*codex(?!\w*(?:home|dir|root|path)\b)\w*\}?$/i.test(word ?? "")) return true;
  const name = nameOf(word?.toLowerCase());
  // The native program is named after its platform.
  if (name === "codex" || /^codex-(?:x86_64|aarch64|arm64|x64|linux|darwin|win32)[\w-]*$/.test(name)) return true;
  return /^@openai\/codex(?:@.*)?$/.test(word ?? "") || word?.startsWith("codex@") === true;
}

function readFlags(words: readonly string[]): { flags: Flag[]; positional: string[] } {
  const flags: Flag[] = [];
  const positional: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") break;
    const long = /^(--[a-z-]+)=(.*)$/s.exec(word);
    const short = /^(-[csaopmiC])=?(.+)$/s.exec(word);
    if (!word.startsWith("-") || word === "-") positional.push(word);
    else if (long !== null) flags.push({ name: long[1] ?? "", value: long[2] ?? "" });
    else if (VALUED.has(word)) flags.push({ name: word, value: words[(at += 1)] ?? "" });
    else if (short !== null && !word.startsWith("--")) flags.push({ name: short[1] ?? "", value: short[2] ?? "" });
    else flags.push({ name: word, value: "" });
  }
  return { flags, positional };
}

function reasonsOf({ name, value }: Flag): string[] {
  const known = Object.hasOwn(UNSAFE, name) ? UNSAFE[name] : undefined;
  if (known !== undefined) return [`${name} ${known}`];
  if (name.startsWith("--dangerously-")) return [`${name} gives a protection up`];
  if (name === "-s" || name === "--sandbox") return sandboxReasons(value);
  if (name === "-a" || name === "--ask-for-approval") return approvalReasons(value);
  if (name !== "-c" && name !== "--config") return [];
  const [, key = "", setting = ""] = /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/s.exec(value) ?? [];
  const bare = setting.replaceAll(/^["']|["']$/g, "");
  // Also of a profile (`profiles.x.sandbox_mode`), and as a profile of permissions.
  if (/(?:^|\.)(?:sandbox_mode|default_permissions)$/.test(key)) return sandboxReasons(bare.replace(/^:/, ""));
  return /(?:^|\.)approval_policy$/.test(key) ? approvalReasons(bare) : [];
}

function sandboxReasons(mode: string): string[] {
  return mode.startsWith("danger-") ? [`${mode.slice(0, 40)} switches the sandbox off`] : [];
}

function approvalReasons(policy: string): string[] {
  return policy === "never" ? [] : [`approval ${policy.slice(0, 40)} waits for an answer that nobody gives`];
}
