/** What a sandbox can deny, and `broken` for one that cannot start at all. */
export type DenialKind = "path" | "network" | "policy" | "broken";

/**
 * One way of a denied command to say so. `sure`: no other cause prints this. `likely`: other causes do too; the line is
 * taken only where its form and its command fit (`denial.ts`).
 */
export interface DenialRow {
  readonly kind: DenialKind;
  readonly sure: boolean;
  readonly line: RegExp;
  /** The command has to match as well. */
  readonly command?: RegExp;
}

/** Programs whose work is to fetch something. */
export const FETCHING_TOOLS =
  /\b(?:npm|npx|pnpm|yarn|bun|pip3?|uv|poetry|cargo|go|git|curl|wget|apt(?:-get)?|gem|bundle|mvn|gradle)\b/;

/** Wordings of Codex 0.124 to 0.169, bubblewrap, Landlock, Seatbelt and of the usual tools under them; first match wins. */
export const DENIAL_ROWS: readonly DenialRow[] = [
  // The sandbox itself
  { kind: "broken", sure: true, line: /^bwrap: (?!.*execvp)/ },
  { kind: "broken", sure: true, line: /error building bubblewrap command/ },
  { kind: "broken", sure: true, line: /\bcodex-linux-sandbox\b.*(?:failed|panicked)|panicked at linux-sandbox/ },
  { kind: "broken", sure: true, line: /Sandbox\(Landlock(?:Restrict|Ruleset)|error applying legacy Linux sandbox/ },
  { kind: "broken", sure: true, line: /^sandbox-exec: |sandbox_apply: Operation not permitted/ },
  // Edits that Codex refused; the words end like those of a rule
  { kind: "path", sure: true, line: /patch rejected: writing (?:outside of the project|is blocked)/ },
  { kind: "path", sure: true, line: /writing outside of the project; rejected by user approval settings/ },
  // Rules, approvals, hooks
  { kind: "policy", sure: true, line: /Rejected\(|` rejected: |^rejected: |rejected by user approval settings/ },
  { kind: "policy", sure: true, line: /approval policy is (?:Never|OnRequest); reject command/i },
  { kind: "policy", sure: true, line: /approval required by policy|blocked by policy/ },
  { kind: "policy", sure: true, line: /Command blocked by PreToolUse hook/ },
  { kind: "policy", sure: true, line: /requires approval, but approval policy|user cancelled MCP tool call/ },
  { kind: "policy", sure: true, line: /^(?:\S+: )?(?:line \d+: .*)?Bad system call/ },
  // The network
  { kind: "network", sure: true, line: /Network access to ".*" was blocked|blocked-by-allowlist/ },
  { kind: "network", sure: true, line: /\b(?:listen|connect|bind|socket|getaddrinfo|send) E(?:PERM|ACCES)\b/ },
  { kind: "network", sure: true, line: /(?:socket|dial \w+ [\w.:[\]-]+: connect): operation not permitted/i },
  { kind: "network", sure: false, line: /could not resolve host|unable to resolve host address/i },
  { kind: "network", sure: false, line: /temporary failure in name resolution|EAI_AGAIN|name or service not known/i },
  { kind: "network", sure: false, line: /failed to lookup address information|no address associated with hostname/i },
  { kind: "network", sure: false, line: /dial tcp: lookup \S+|ENETUNREACH|network is unreachable/i },
  {
    kind: "network",
    sure: false,
    line: /getaddrinfo ENOTFOUND (?!\S+\.(?:invalid|test|local|example)\b)/,
    command: FETCHING_TOOLS,
  },
  { kind: "network", sure: false, line: /^curl: \(7\) .*Couldn't connect to server|^curl: \(6\) / },
  {
    kind: "network",
    sure: false,
    line: /Could not find a version that satisfies the requirement .*from versions: none/,
    command: /\bpip3?\b|\buv\b/,
  },
  // Files
  { kind: "path", sure: false, line: /read-only file system|\bEROFS\b/i },
  {
    kind: "path",
    sure: false,
    line: /ENOENT: no such file or directory, mkdir '[^']*\/\.(?:npm|cache|cargo|config|yarn)\b/,
  },
  { kind: "path", sure: false, line: /permission denied|\bEACCES\b/i },
  { kind: "path", sure: false, line: /device or resource busy/i },
  // Last, because it says least: a denied socket where no file is named, a denied file where one is
  { kind: "network", sure: false, line: /operation not permitted|\bEPERM\b/i },
];

/** Commands that are denied without a word: only their exit code tells. */
export const SILENT_ROWS: readonly { kind: DenialKind; command: RegExp; exit: number; means: string }[] = [
  { kind: "network", command: /^wget\b/, exit: 4, means: "wget could not reach the network" },
  { kind: "network", command: /^curl\b/, exit: 6, means: "curl could not resolve the host" },
  { kind: "network", command: /^curl\b/, exit: 7, means: "curl could not connect" },
  { kind: "network", command: /^getent (?:a?hosts\w*)\b/, exit: 2, means: "the name could not be resolved" },
  { kind: "path", command: /^git stash\b/, exit: 1, means: "git could not write its folder" },
  { kind: "policy", command: /./, exit: 159, means: "a system call was stopped (SIGSYS)" },
];
