/** One command, edit or tool call of a worker, as a log shows it. `line`: where its output stands, counted from 1. */
export interface LogCall {
  /** The shell command without the shell around it; empty for edits and tools. */
  readonly command: string;
  /** null: not known, or it had not ended. */
  readonly exitCode: number | null;
  /** What it printed, or the words with which Codex refused it. */
  readonly output: string;
  readonly line: number;
}

/** A log of Codex in any form, read as far as triage needs it. What a form does not tell is null. */
export interface SandboxLog {
  readonly form: "exec-jsonl" | "rollout" | "text";
  readonly version: string | null;
  readonly cwd: string | null;
  readonly sandbox: "read-only" | "workspace-write" | "danger-full-access" | null;
  /** True where the network was open. */
  readonly network: boolean | null;
  readonly calls: readonly LogCall[];
  readonly end: "completed" | "failed" | "none";
  /** Message of a failed turn. */
  readonly failure: string | null;
  /** The worker's last message. */
  readonly last: string | null;
  /** True when anything in it was recognized as Codex's. */
  readonly known: boolean;
}

/** A log that says nothing yet. */
export function emptyLog(form: SandboxLog["form"]): SandboxLog {
  return {
    form,
    version: null,
    cwd: null,
    sandbox: null,
    network: null,
    calls: [],
    end: "none",
    failure: null,
    last: null,
    known: false,
  };
}

const SHELL = /^(?:\/usr)?(?:\/bin\/)?(?:ba|z|da)?sh -l?i?c (['"])([\s\S]*)\1$/;

/** The command inside `/bin/bash -lc '…'`; a text without that shell as it is. */
export function bareCommand(text: string): string {
  const found = SHELL.exec(text.trim());
  if (found?.[2] === undefined) return text.trim().replace(/^(?:\/bin\/)?(?:ba|z)?sh -l?c /, "");
  return found[1] === '"' ? found[2].replaceAll(/\\(["\\$`])/g, "$1") : found[2].replaceAll(`'\\''`, "'");
}
