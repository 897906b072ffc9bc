import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { CodexHost } from "../../codex/installed/host.ts";
import { createCodexSandbox } from "../../codex/confinement/sandbox.ts";
import type { DoctorCheck } from "../../model/printed-documents.ts";
import type { SandboxRun } from "../../ports/sandbox.ts";

/** Time limit of one proof, in ms; a healthy sandbox needs about 200. */
const PROOF_MS = 20_000;

interface Proof {
  readonly host: CodexHost;
  readonly scratch: string;
}

/** Starts the sandbox for real and proves what it must block. `scratch`: an empty folder of the caller's. */
export async function sandboxChecks(host: CodexHost, scratch: string): Promise<DoctorCheck[]> {
  const proof = { host, scratch };
  mkdirSync(join(scratch, "work"));
  const started = await run(proof, "echo inside > inside.txt");
  const text = existsSync(join(scratch, "work/inside.txt"))
    ? readFileSync(join(scratch, "work/inside.txt"), "utf8")
    : "";
  if (started.kind !== "exited" || started.exitCode !== 0 || text !== "inside\n") {
    const detail = started.kind === "cannot-start" ? started.detail : started.tail.trim();
    return [{ id: "sandbox", status: "fail", detail: `SANDBOX_BROKEN: ${detail.slice(0, 300)}`, fix: FIX }];
  }
  const alive: DoctorCheck = {
    id: "sandbox",
    status: "ok",
    detail: `starts (${Math.round(started.ms)} ms), the work tree is writable`,
    fix: "",
  };
  return [alive, await outsideWrite(proof), await networkBlocked(proof)];
}

const FIX =
  "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces), then cco doctor";

async function outsideWrite(proof: Proof): Promise<DoctorCheck> {
  const target = join(proof.scratch, "outside.txt");
  const tried = await run(proof, `echo outside > ${quoted(target)}`);
  if (!existsSync(target) && tried.kind === "exited" && tried.exitCode !== 0) {
    return { id: "sandbox-path", status: "ok", detail: "a write outside the work tree is blocked", fix: "" };
  }
  return { id: "sandbox-path", status: "fail", detail: "a write outside the work tree was not blocked", fix: FIX };
}

/** Listens on loopback itself and lets the sandbox try to connect: nothing may arrive. */
async function networkBlocked(proof: Proof): Promise<DoctorCheck> {
  let arrived = 0;
  const server = createServer((socket) => {
    arrived += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const script = `require("net").connect(${port},"127.0.0.1",()=>process.exit(0)).on("error",()=>process.exit(9))`;
  const tried = await run(proof, `${quoted(process.execPath)} -e ${quoted(script)}`);
  server.close();
  if (arrived === 0 && tried.kind === "exited" && tried.exitCode === 9) {
    return { id: "sandbox-network", status: "ok", detail: "the network is blocked", fix: "" };
  }
  const detail =
    arrived > 0
      ? "a connection out of the sandbox arrived"
      : `the proof could not be run: ${tried.tail.trim().slice(0, 200)}`;
  return { id: "sandbox-network", status: "fail", detail, fix: FIX };
}

function run(proof: Proof, command: string): Promise<SandboxRun> {
  const job = {
    cwd: join(proof.scratch, "work"),
    command,
    network: false,
    loopback: false,
    timeoutMs: PROOF_MS,
    killGraceMs: 1000,
    log: join(proof.scratch, "proof.log"),
  };
  return createCodexSandbox(proof.host).run(job, new AbortController().signal);
}

/** A word for `sh`: single quotes, those inside closed and escaped. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
