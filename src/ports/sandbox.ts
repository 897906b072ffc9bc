/** One command to be run confined to a work tree. */
export interface SandboxJob {
  readonly cwd: string;
  /** Shell command line of the envelope; runs as `sh -c` inside the sandbox, never outside. */
  readonly command: string;
  readonly network: boolean;
  /** The command needs localhost only; adapters open no more than that where they can. */
  readonly loopback: boolean;
  readonly timeoutMs: number;
  readonly killGraceMs: number;
  /** File that gets stdout and stderr, bounded; absolute. */
  readonly log: string;
}

/** How the command ended. `tail`: last 4,000 characters of its output. `ms`: wall time. */
export type SandboxRun =
  | {
      readonly kind: "exited";
      readonly exitCode: number;
      readonly ms: number;
      readonly tail: string;
      /** The last 64 KB, where the adapter keeps them. */
      readonly output?: string;
      /** Of a red command: the line with which the sandbox denied something, and the line of the envelope that would allow it. */
      readonly denied?: { readonly line: string; readonly fix: string };
    }
  | { readonly kind: "timed-out"; readonly ms: number; readonly tail: string }
  | { readonly kind: "cannot-start"; readonly ms: number; readonly detail: string; readonly tail: string };

/** Runs commands confined; a command that cannot be confined is not run. */
export interface Sandbox {
  run(job: SandboxJob, signal: AbortSignal): Promise<SandboxRun>;
}
