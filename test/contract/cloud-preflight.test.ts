import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { requireWorker } from "../../src/app/doctor/preflight.ts";
import { codexNewest } from "../support/binaries.ts";
import { verifies } from "../requirements.ts";

verifies("A3");

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cco-preflight-"));
  for (const name of ["HOME", "CODEX_HOME"]) vi.stubEnv(name, home);
  vi.stubEnv("CCO_CODEX_BIN", codexNewest());
  const provider =
    '[model_providers.lab]\nname = "lab"\nbase_url = "http://127.0.0.1:9/v1"\nenv_key = "CCO_TEST_NO_KEY"\n';
  writeFileSync(join(home, "config.toml"), `model_provider = "lab"\n${provider}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

describe("a provider whose key is not there", () => {
  it("stops workers here, and none in the cloud, which has a login of its own", async () => {
    await expect(requireWorker(["worktree", "cloud"])).rejects.toMatchObject({ code: "CODEX_NOT_LOGGED_IN" });
    await expect(requireWorker()).rejects.toMatchObject({ code: "CODEX_NOT_LOGGED_IN" });
    expect(await requireWorker(["cloud"])).toMatchObject({ login: null });
  });
});
