import type { Envelope } from "../../model/envelope.ts";
import type { Challenge, RuledChallenge } from "../../model/review.ts";
import { isQuoteOf } from "./order-text.ts";

/** Challenges of one round whose evidence is looked at; the weightiest first. A flood is no review. */
export const CHALLENGES_PER_ROUND = 20;
/** Challenges that are kept on record at all. */
const CHALLENGES_ON_RECORD = 500;
/** Most characters of an id and of a claim that are kept. */
const ID_LIMIT = 60;
const CLAIM_LIMIT = 600;

const WEIGHT = { blocker: 0, major: 1, minor: 2 } as const;

/** What becomes of a challenge before anything is run: refused for a reason, or let through to its test. */
export interface Screened {
  readonly challenge: Challenge;
  readonly refusal: string | null;
}

/**
 * Gives every challenge an id of its own and refuses those that bring no evidence, bring the evidence of another one
 * again, or come after the most that one round takes. Pure; the order of the answer is kept.
 */
export function screen(challenges: readonly Challenge[], envelope: Envelope): readonly Screened[] {
  const kept = withOwnIds(challenges.slice(0, CHALLENGES_ON_RECORD));
  const ranked = kept.toSorted((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity]);
  const seen = new Map<string, string>();
  const refusals = new Map<string, string>();
  let taken = 0;
  for (const challenge of ranked) {
    const key = evidenceKey(challenge);
    const twin = seen.get(key);
    const refusal = lackOf(challenge, envelope) ?? (twin === undefined ? null : `its evidence is the one of ${twin}`);
    if (refusal === null && taken >= CHALLENGES_PER_ROUND) {
      refusals.set(
        challenge.id,
        `a round takes ${CHALLENGES_PER_ROUND} challenges, the weightiest first; not looked at`,
      );
    } else if (refusal !== null) {
      refusals.set(challenge.id, refusal);
    } else {
      seen.set(key, challenge.id);
      taken += 1;
    }
  }
  return kept.map((challenge) => ({ challenge, refusal: refusals.get(challenge.id) ?? null }));
}

/** A ruling without a run. */
export function unexecuted(
  { id, claim, evidence }: Challenge,
  ruling: RuledChallenge["ruling"],
  reason: string,
): RuledChallenge {
  return { id, claim: claim.slice(0, CLAIM_LIMIT), kind: evidence.kind, ruling, reason, executed: false, runs: [] };
}

/** What tells two pieces of evidence apart; ids and wording of the claim do not. */
export function evidenceKey({ evidence, path, line }: Challenge): string {
  const { kind, content, command, expected, observed, quote } = evidence;
  const tidy = (text: string | undefined): string => (text ?? "").replaceAll(/\s+/g, " ").trim();
  if (kind === "spec-violation")
    return JSON.stringify([kind, tidy(quote), evidence.path ?? path, evidence.line ?? line]);
  // The name of a new test file is the reviewer's own; where it stands in the command it says nothing either.
  const name = tidy(evidence.path);
  const run = name === "" ? tidy(command) : tidy(command).replaceAll(name, "FILE");
  const folder = name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "";
  return JSON.stringify([kind, folder, run, tidy(content), tidy(expected), tidy(observed)]);
}

function withOwnIds(challenges: readonly Challenge[]): Challenge[] {
  const taken = new Set<string>();
  return challenges.map((challenge, index) => {
    const wanted = challenge.id.replaceAll(/\s+/g, " ").trim().slice(0, ID_LIMIT) || `C${index + 1}`;
    let id = wanted;
    for (let n = 2; taken.has(id); n += 1) id = `${wanted}-${n}`;
    taken.add(id);
    return { ...challenge, id, claim: challenge.claim.slice(0, CLAIM_LIMIT) };
  });
}

const isBlank = (text: string | undefined): boolean => text === undefined || text.trim() === "";

/** Why a challenge is none: evidence of its kind is missing or says nothing. */
function lackOf({ evidence }: Challenge, envelope: Envelope): string | null {
  const { kind, command, expected, observed, quote } = evidence;
  if (kind === "spec-violation") {
    if (isBlank(quote)) return "it quotes nothing of the order";
    return isQuoteOf(envelope, quote ?? "") ? null : "its quote is not in the order";
  }
  if (isBlank(command)) return "it brings no command to run";
  if (kind === "failing-test") return lackOfTest(evidence);
  if (kind === "regression") {
    const ratio = Number(expected);
    return isBlank(expected) || !Number.isFinite(ratio) || ratio <= 0
      ? "it does not say which ratio is allowed at most"
      : null;
  }
  if (isBlank(observed)) return "it does not say which wrong output was observed";
  if (isBlank(expected)) return "it does not say which output was expected";
  return observed?.trim() === expected?.trim() ? "what it observed is what it expected" : null;
}

function lackOfTest({ path, content }: Challenge["evidence"]): string | null {
  if (isBlank(path) !== (content === undefined)) return "a test file needs both a path and a content";
  if (isBlank(path)) return null;
  if (isBlank(content)) return "its test file is empty";
  return refusedPath(path ?? "");
}

/** Files that a test runner or a tool obeys: with them a test would judge its own rules. */
const OBEYED_NAMES =
  /^(?:package(?:-lock)?\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-\S+|deno\.jsonc?|bunfig\.toml|tsconfig\S*\.json|jsconfig\.json|conftest\.py|pytest\.ini|pyproject\.toml|setup\.(?:cfg|py)|tox\.ini|noxfile\.py|(?:site|user)customize\.py|go\.(?:mod|sum|work)|cargo\.(?:toml|lock)|build\.rs|pom\.xml|build\.gradle\S*|settings\.gradle\S*|(?:gnu)?makefile|cmakelists\.txt|justfile|rakefile|gemfile\S*|composer\.json|phpunit\.xml\S*|dockerfile|\.\S+|\S+\.config\.[cm]?[jt]sx?|\S+\.pth|(?:jest|vitest|mocha|karma|ava|playwright|cypress)\.(?:setup|workspace|conf)\S*)$/i;
const OBEYED_FOLDERS = /(?:^|\/)(?:node_modules|\.[^/]+|vendor|site-packages|__pycache__)\//i;

/** True for files that say how a project is built and tested: they stay when all others are taken out of a copy. */
export function isObeyed(path: string): boolean {
  return OBEYED_NAMES.test(path.split("/").at(-1) ?? "") || OBEYED_FOLDERS.test(path);
}

/** Why a file of the reviewer may not stand at a path; null when it may, as far as the name tells. */
export function refusedPath(path: string): string | null {
  const plain = path.replace(/^(?:\.\/)+/, "");
  const name = plain.split("/").at(-1) ?? "";
  if (plain.startsWith("/") || plain.startsWith("~") || /^[a-z]:/i.test(plain) || plain.includes("\\"))
    return "its test file would lie outside of the copy";
  if (plain.includes("\0") || plain.split("/").some((part) => part === ".." || part === "." || part === ""))
    return "its test file would lie outside of the copy";
  if (OBEYED_NAMES.test(name) || OBEYED_FOLDERS.test(plain))
    return "its test file is one that tools obey; evidence may not change how tests are run";
  return null;
}
