import { CcoError } from "../../kernel/errors.ts";
import { firstLine } from "../../kernel/text.ts";
import { runBounded } from "../../process/run.ts";
import type { StartContext } from "../attempt-start.ts";
import { workerVariables } from "../confinement/environment.ts";

const LOGIN_MS = 20_000;

/**
 * The login that Codex cloud would use, in the words of `codex login status`. It has to be one at ChatGPT, whatever provider local
 * workers use. Throws CODEX_NOT_LOGGED_IN.
 */
export async function requireCloudLogin({ host, installation, user }: StartContext): Promise<string> {
  const names = workerVariables(host.env, user.keyNames);
  const env = Object.fromEntries(names.map((name) => [name, host.env[name] ?? ""]));
  const asked = await runBounded(
    {
      argv: [installation.binary.path, "login", "status"],
      cwd: host.home,
      env,
      stdin: null,
      timeoutMs: LOGIN_MS,
      killGraceMs: 1000,
      outputBytes: 16 * 1024,
      log: null,
    },
    new AbortController().signal,
  );
  const said = (asked.stdout + asked.stderr).split("\n").find((line) => /logged in/i.test(line)) ?? asked.stderr;
  if (asked.code === 0 && !/API key/i.test(said)) return firstLine(said, 120);
  throw new CcoError(
    "CODEX_NOT_LOGGED_IN",
    `Codex cloud needs a login at ChatGPT; codex login status says: ${firstLine(said.replace(/ - .*/, ""), 120)}`,
    {
      why: "Codex cloud works for accounts of ChatGPT only; a key of a model provider does not reach it.",
    },
  );
}
