/** A version as numbers: major, minor, patch. */
export type Version = readonly [number, number, number];

/** Oldest version that is supported (contract: CODEX_VERSION_UNSUPPORTED below it). */
export const OLDEST: Version = [0, 124, 0];

/** First version that leaves the user's config.toml alone when it is told that a project is not trusted (measured: 0.124 writes, 0.128 does not). */
export const KEEPS_CONFIG: Version = [0, 128, 0];

/** First measured version whose network proxy leaves nothing open but localhost (0.137 lets everything on the machine through). */
export const CLOSES_LOOPBACK: Version = [0, 140, 0];

/**
 * First measured version in which a question means what it says. 0.124 runs what it takes for a harmless read outside of the sandbox without
 * a word, so that a worker that may ask reads what is hidden from one that may not; 0.155 asks, and then keeps what was allowed inside of
 * the sandbox all the same.
 */
export const MEANS_ITS_QUESTIONS: Version = [0, 169, 0];

/** First measured version that sends an effort also with a model that it does not know (0.124 leaves it out without a word). */
export const SENDS_EFFORT: Version = [0, 169, 0];

/** First measured version whose sandboxed shell has no capabilities when Codex runs as root (0.140 has all of them). */
export const STRIPS_CAPABILITIES: Version = [0, 155, 0];

/** Reads `codex-cli 0.169.0`, also with a pre-release behind it; null when there is no version in the text. */
export function parseVersion(text: string): Version | null {
  const found = /\b(\d+)\.(\d+)\.(\d+)\b/.exec(text);
  return found === null ? null : [Number(found[1]), Number(found[2]), Number(found[3])];
}

/** True when `version` is `floor` or newer. */
export function atLeast(version: Version, floor: Version): boolean {
  for (const [index, part] of floor.entries()) {
    const difference = (version[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** A version as it is written. */
export function versionText(version: Version): string {
  return version.join(".");
}
