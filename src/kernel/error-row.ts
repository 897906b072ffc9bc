/** Classes of contract.md: what may be done about an error. */
export type ErrorClass = "transient" | "auth" | "request" | "logic" | "state" | "catastrophic" | "environment";

export interface ErrorRow {
  readonly class: ErrorClass;
  /** What it means, in one sentence. */
  readonly why: string;
  /** The next command or edit that helps. */
  readonly hint: string;
  /** Exit code when a command ends with it; absent: 7 for the environment class, else 1. */
  readonly exit?: number;
}
