import type { AccountWindows } from "../model/window.ts";

/** The windows of an account. */
export interface NamedWindows {
  readonly name: string;
  readonly windows: AccountWindows;
}

/** What a change writes down. */
export type WindowsChange = Omit<AccountWindows, "v" | "token">;

/**
 * The credit windows of this user's accounts, shared by all projects. What an observation changes is decided elsewhere; here they are
 * kept. A file that is damaged counts as none.
 */
export interface Windows {
  /** All there are, in the order of their names. */
  list(): Promise<readonly NamedWindows[]>;
  read(name: string): Promise<AccountWindows | null>;
  /**
   * Changes the windows of an account in one step that nobody comes between, of this process or another; `change` may be asked again
   * when another was faster, and null leaves everything as it is. Returns them as they are then. Throws BOARD_WRITE.
   */
  update(
    name: string,
    change: (windows: AccountWindows | null) => WindowsChange | null,
  ): Promise<AccountWindows | null>;
}
