/** Ways in which a change can make its own checks easier. */
export type RetreatKind =
  | "test-deleted"
  | "test-skipped"
  | "assertion-removed"
  | "assertion-weakened"
  | "expectation-changed"
  | "threshold-loosened"
  | "check-disabled"
  | "fixture-changed"
  | "verify-target-changed"
  | "not-readable";

/** One such place. `line`: of the new file, or of the old one where lines went away. `what`: in words. */
export interface Retreat {
  readonly kind: RetreatKind;
  readonly path: string;
  readonly line: number;
  readonly what: string;
  /** What came in the place of the old text; empty when nothing did. */
  readonly now: string;
}

/** Puts a finding together. */
export function finding(
  kind: RetreatKind,
  path: string,
  line: number,
  words: { readonly what: string; readonly now?: string },
): Retreat {
  return { kind, path, line, what: words.what, now: words.now ?? "" };
}
