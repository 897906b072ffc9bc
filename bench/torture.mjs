// Kills engine, supervisors, codex and claude at random moments while a plan of tasks is worked on with the real programs,
// and counts what went wrong. Only `cco status`, asked again and again, starts the engine anew.
//   node bench/torture.mjs [--rounds N] [--tasks 12] [--kills 30] [--pace MS] [--seed S] [--keep]
// Exit 1 when a task was lost or done twice, a process was left, or status was wrong for more than 2 s.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { setStage } from "./torture/stage.mjs";
import { faults, readFacts, shown, standings, statusWatch } from "./torture/truth.mjs";
import { killAll, killOne, lingering, processesNaming } from "./torture/victims.mjs";

const flag = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const [rounds, tasks, kills, pace] = [flag("rounds", 1), flag("tasks", 12), flag("kills", 30), flag("pace", 300)];
const seed = flag("seed", Date.now() % 1_000_000);
const keep = process.argv.includes("--keep");

const ROUND_LIMIT_MS = 300_000;
const WRONG_AFTER_MS = 2000;

/** mulberry32: small, good enough, and the same everywhere. */
function makeRandom(from) {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Tasks that write one file each; every third is reviewed, and about half wait for an earlier one. */
function makePlan(random) {
  return Array.from({ length: tasks }, (_, n) => {
    const id = `t${String(n + 1).padStart(2, "0")}`;
    const after = n > 2 && random() < 0.5 ? [`t${String(1 + Math.floor(random() * n)).padStart(2, "0")}`] : [];
    return { id, after, reviewers: n % 3 === 0 ? 1 : 0 };
  });
}

const envelope = ({ id, after, reviewers }) => `---
task: ${id}
goal: Write src/${id}.txt.
size: full
risk: low
after: [${after.join(", ")}]
inputs:
  - path: README.md
    note: what this is
acceptance:
  - text: the file is there
    verify: sleep 0.2; grep -qx ${id} src/${id}.txt
write: ["src/**"]
budget: { minutes: 5 }
stop: ["README.md is missing"]
reviewers: ${reviewers}
---
`;

const script = (plan) => ({
  // Every fourth one takes long enough for a worker that was forgotten to be noticed.
  worker: plan.map(({ id }, n) => ({
    task: id,
    steps: [
      { delayMs: 300 },
      { run: `mkdir -p src && sleep ${n % 4 === 1 ? 4 : 0.3} && echo ${id} > src/${id}.txt` },
      { delayMs: 200 },
      { final: `COMPLETED: wrote src/${id}.txt` },
    ],
  })),
  claude: [{ call: "review", steps: [{ delayMs: 1500 }, { output: { summary: "fine", challenges: [] } }] }],
});

const CONFIG = `engine: { idleSeconds: 0 }
worker: { killGraceSeconds: 1 }
retry: { max: 20, baseSeconds: 0.05, jitterSeconds: 0 }
`;

/** Everything a person would do meanwhile: answer cards with A, retry what failed because it was killed. */
function attendTo(stage, status, busy) {
  for (const task of status.tasks) {
    if (busy.has(task.id)) continue;
    const answer = task.status === "blocked" && task.card !== undefined ? ["decide", task.card, "A"] : null;
    const retry = task.status === "failed" || task.status === "cancelled" ? ["retry", task.id, "--quiet"] : null;
    const command = answer ?? retry;
    if (command === null) continue;
    busy.set(
      task.id,
      stage.cco(...command).finally(() => busy.delete(task.id)),
    );
  }
}

async function killAtRandom(stage, random, state) {
  const kinds = ["engine", "engine", "engine", "supervisor", "supervisor", "codex", "claude", "claude", "all"];
  while (!state.over && state.kills < kills) {
    await sleep(pace * (0.2 + 1.6 * random()));
    const kind = kinds[Math.floor(random() * kinds.length)];
    const pick = (list) => list[Math.floor(random() * list.length)];
    const killed = kind === "all" ? killAll(stage) : killOne(kind, stage, pick);
    if (!killed) continue;
    state.kills += 1;
    state.byKind[kind] = (state.byKind[kind] ?? 0) + 1;
  }
}

/** Asks `cco status` until every task is accepted; returns the last answer. */
async function pollToTheEnd(stage, plan, { watch, orphans }) {
  const started = performance.now();
  const busy = new Map();
  for (;;) {
    const before = standings(readFacts(stage.board));
    const answer = await stage.cco("status", "--json");
    if (answer.code !== 0) throw new Error(`cco status ended with ${answer.code}: ${answer.stderr}`);
    const status = JSON.parse(answer.stdout);
    watch.look(before, shown(status), standings(readFacts(stage.board)), performance.now());
    for (const { pid, line } of lingering(stage)) orphans.set(pid, line);
    const accepted = status.tasks.filter((task) => task.status === "accepted").length;
    const late = performance.now() - started > ROUND_LIMIT_MS;
    if (accepted === plan.length || late) {
      await Promise.all(busy.values());
      return status;
    }
    attendTo(stage, status, busy);
    await sleep(100);
  }
}

async function orphansOf(stage) {
  for (let left = 100; left > 0; left -= 1) {
    if (!existsSync(join(stage.board, "engine.lock")) && processesNaming(stage.repo).length === 0) return [];
    await sleep(100);
  }
  return processesNaming(stage.repo);
}

async function oneRound(round) {
  const random = makeRandom(seed + round);
  const plan = makePlan(random);
  const stage = await setStage(script(plan), CONFIG);
  for (const task of plan) stage.write(`envelopes/${task.id}.md`, envelope(task));
  const files = plan.map(({ id }) => join(stage.dir, `envelopes/${id}.md`));
  const state = { over: false, kills: 0, byKind: {} };
  const watch = statusWatch(WRONG_AFTER_MS);
  const orphans = new Map();
  const killing = killAtRandom(stage, random, state);
  const sent = await stage.cco("dispatch", ...files, "--detach");
  if (sent.code !== 0) throw new Error(`cco dispatch ended with ${sent.code}: ${sent.stderr}`);
  const status = await pollToTheEnd(stage, plan, { watch, orphans });
  state.over = true;
  await killing;
  await stage.cco("wait", "--quiet");
  for (const { pid, line } of await orphansOf(stage)) orphans.set(pid, line);
  const log = await stage.git("log", "--format=%(trailers:key=Task,valueonly,separator=%x2C)", "main");
  const found = faults({
    facts: readFacts(stage.board),
    ids: plan.map(({ id }) => id),
    status,
    commits: log.split("\n").filter((line) => line !== ""),
    requests: await stage.requests(),
  });
  for (const { kind, text } of found) console.log(`  ${kind}: ${text}`);
  for (const [pid, line] of orphans) console.log(`  orphan: ${pid} ${line.slice(0, 200)}`);
  for (const text of watch.wrong) console.log(`  wrong status: ${text}`);
  const bad = found.length + orphans.size + watch.wrong.size > 0;
  if (bad && keep) console.log(`  kept: ${stage.dir}`);
  stage.close(bad && keep);
  const count = (kind) => found.filter((fault) => fault.kind === kind).length;
  return { ...state, lost: count("lost"), doubled: count("doubled"), orphans: orphans.size, wrong: watch.wrong.size };
}

let failed = false;
for (let round = 0; round < rounds; round += 1) {
  const started = performance.now();
  const result = await oneRound(round);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const { lost, doubled, orphans, wrong } = result;
  failed ||= lost + doubled + orphans + wrong > 0;
  console.log(
    `seed ${seed + round}: tasks ${tasks}, kills ${result.kills} ${JSON.stringify(result.byKind)}, lost ${lost}, ` +
      `doubled ${doubled}, orphans ${orphans}, wrong status > 2 s ${wrong} (${seconds} s)`,
  );
}
process.exitCode = failed ? 1 : 0;
