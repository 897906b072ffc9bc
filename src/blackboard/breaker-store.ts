import { breakerSchema } from "../model/breaker.ts";
import type { Breakers } from "../ports/breakers.ts";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import { type AccountTexts, makeAccountStore } from "./account-store.ts";

/** Breakers over any place for texts. */
export function makeBreakers(texts: AccountTexts, identity: ProcessIdentityReader): Breakers {
  const store = makeAccountStore(texts, {
    subject: "the breaker",
    file: "breaker.json",
    parse: (value) => breakerSchema.safeParse(value).data ?? null,
  });
  return {
    identity,
    list: async () => (await store.list()).map(({ name, value }) => ({ name, breaker: value })),
    read: (name) => store.read(name),
    update: (name, change) => store.update(name, change),
  };
}
