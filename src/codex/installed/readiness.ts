import type { CcoError } from "../../kernel/errors.ts";
import { succeed, type Result } from "../../kernel/result.ts";
import type { WorkerReadiness } from "../../ports/worker.ts";
import type { StartContext } from "../attempt-start.ts";
import { describeConfinement } from "../confinement/confinement.ts";
import type { CodexHost } from "./host.ts";
import { findInstallation } from "./installation.ts";
import { readUserSetup } from "./user-config.ts";
import { atLeast, STRIPS_CAPABILITIES, versionText } from "./version.ts";

/** What is installed and whose login it has. Fails as `findInstallation` and `readUserSetup` do. */
export async function readStartContext(host: CodexHost): Promise<Result<StartContext, CcoError>> {
  const installation = await findInstallation(host);
  if (!installation.ok) return installation;
  const user = await readUserSetup(host);
  return user.ok ? succeed({ host, installation: installation.value, user: user.value }) : user;
}

/** The same in the words of the port. */
export function readinessOf({ installation, user }: StartContext): WorkerReadiness {
  const { version, dialect } = installation.capabilities;
  const facts = { root: process.getuid?.() === 0, strips: atLeast(version, STRIPS_CAPABILITIES) };
  return {
    path: installation.binary.path,
    version: versionText(version),
    account: user.account,
    confinement: describeConfinement(dialect, facts),
    login: user.login,
  };
}
