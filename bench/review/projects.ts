import type { Change, Project } from "./case.ts";
import type { Seed } from "./seed.ts";
import { PROGRAM_SEEDS } from "./seeds-of-programs.ts";
import { VALUE_SEEDS } from "./seeds-of-values.ts";

/** Bugs get their own proof (VALID); the correct change gets the proofs of all bugs (NOISE). */
function grow(seed: Seed): Project {
  const bugs = seed.bugs.map(({ name, source, proof }): Change => ({
    name,
    files: { [seed.path]: source },
    correct: false,
    challenges: [{ evidence: proof, expected: "VALID", why: "its own proof" }],
  }));
  const good: Change = {
    name: "correct",
    files: { [seed.path]: seed.good },
    correct: true,
    challenges: seed.bugs.map(({ name, proof }) => ({
      evidence: proof,
      expected: "NOISE" as const,
      why: `proof of ${name} on the correct change`,
    })),
  };
  return { name: seed.name, criteria: seed.criteria, base: seed.base, changes: [...bugs, good] };
}

/** Every project with its bugs and its correct change. */
export const PROJECTS: readonly Project[] = [...VALUE_SEEDS, ...PROGRAM_SEEDS].map(grow);
