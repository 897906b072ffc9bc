import { CcoError } from "../../kernel/errors.ts";
import type { Installation } from "../installed/installation.ts";
import { atLeast, MEANS_ITS_QUESTIONS, versionText } from "../installed/version.ts";

/** Refuses a Codex whose attached worker would be confined less than one that cannot ask. Throws CODEX_VERSION_UNSUPPORTED. */
export function requireAttachable({ capabilities }: Installation): void {
  const { version, appServer, dialect } = capabilities;
  const missing = [
    ...(appServer ? [] : ["it has no codex app-server"]),
    ...(dialect === "legacy" ? ["it knows no permission profile that cco can write"] : []),
    ...(atLeast(version, MEANS_ITS_QUESTIONS)
      ? []
      : [
          `below ${versionText(MEANS_ITS_QUESTIONS)} it reads hidden files without asking, or does not do what it was allowed`,
        ]),
  ];
  if (missing.length === 0) return;
  throw new CcoError(
    "CODEX_VERSION_UNSUPPORTED",
    `Codex ${versionText(version)} cannot work in the attached lane: ${missing.join("; ")}`,
    {
      why: "A worker that may ask has to be confined no less than one that cannot; nothing was started.",
      hint: "npm install -g @openai/codex@latest, or dispatch with --lane worktree",
    },
  );
}
