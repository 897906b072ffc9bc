import type { Breakers } from "../ports/breakers.ts";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import { memoryAccountTexts } from "./account-store.ts";
import { makeBreakers } from "./breaker-store.ts";

/** Texts of breakers by name; outlives the processes that share it. */
export type MemoryBreakers = Map<string, string>;

/** The in-memory twin of `openBreakers`: the same rules over a map. */
export function openMemoryBreakers(texts: MemoryBreakers, identity: ProcessIdentityReader): Breakers {
  return makeBreakers(memoryAccountTexts(texts), identity);
}
