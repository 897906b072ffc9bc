import { delimiter } from "node:path";
import type { CcoError } from "../../kernel/errors.ts";
import { succeed, type Result } from "../../kernel/result.ts";
import type { CodexHost } from "./host.ts";
import { locateCodex, type CodexBinary } from "./locate.ts";
import { probeCodex, type Capabilities } from "./probe.ts";

/** An installed Codex that is new enough, and what it can do. */
export interface Installation {
  readonly binary: CodexBinary;
  readonly capabilities: Capabilities;
}

/** Finds Codex and asks it what it can do. Cheap after the first time. Fails with CODEX_NOT_FOUND, CODEX_VERSION_UNSUPPORTED. */
export async function findInstallation(host: CodexHost): Promise<Result<Installation, CcoError>> {
  const binary = await locateCodex(host);
  if (!binary.ok) return binary;
  const capabilities = await probeCodex(host, binary.value.path);
  return capabilities.ok ? succeed({ binary: binary.value, capabilities: capabilities.value }) : capabilities;
}

/** PATH with the folders in front that the npm wrapper would have put there; undefined when there are none. */
export function pathFor(host: CodexHost, binary: CodexBinary): string | undefined {
  if (binary.pathFolders.length === 0) return undefined;
  return [...binary.pathFolders, host.env["PATH"] ?? ""].filter((part) => part !== "").join(delimiter);
}
