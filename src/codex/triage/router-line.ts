import { bareCommand, type LogCall } from "./sandbox-log.ts";

/** The line on stderr with which Codex tells of a tool call that it refused; the event stream does not have it. */
const ROUTER = /\bERROR codex_core::tools::router: error=(.*)$/;

/** The refused call; null for every other line. */
export function routerCall(text: string, line: number): LogCall | null {
  const said = ROUTER.exec(text)?.[1];
  if (said === undefined) return null;
  return { command: rejectedCommand(said), exitCode: null, output: said, line };
}

/** The command inside `Rejected("`/bin/bash -lc 'x'` rejected: …")`; empty where none is named. */
export function rejectedCommand(text: string): string {
  const found =
    /Rejected\(\\?"`(.*?)` rejected: /.exec(text)?.[1] ?? /exec_command failed for `(.*?)`:/.exec(text)?.[1];
  return found === undefined ? "" : bareCommand(found);
}
