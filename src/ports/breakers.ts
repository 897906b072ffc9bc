import type { Breaker } from "../model/breaker.ts";
import type { ProcessIdentityReader } from "./process-identity.ts";

/** A breaker with its name, which is that of its provider and account. */
export interface NamedBreaker {
  readonly name: string;
  readonly breaker: Breaker;
}

/** What a change writes down. */
export type BreakerChange = Pick<Breaker, "state" | "reported">;

/**
 * The circuit breakers of this user, one per provider and account, shared by all projects. What they do is decided elsewhere; here
 * they are kept. A file that is damaged counts as none.
 */
export interface Breakers {
  /** Who asks, and who of those that are written down still lives. */
  readonly identity: ProcessIdentityReader;
  /** All there are, in the order of their names. */
  list(): Promise<readonly NamedBreaker[]>;
  read(name: string): Promise<Breaker | null>;
  /**
   * Changes a breaker in one step that nobody comes between, of this process or another, whoever is killed meanwhile; `change` may be
   * asked again when another was faster, and null leaves everything as it is. Returns the breaker as it is then. Throws BOARD_WRITE.
   */
  update(name: string, change: (breaker: Breaker | null) => BreakerChange | null): Promise<Breaker | null>;
}
