// A week of mixed work against credit windows on a virtual clock: what gets accepted under three ways to schedule it. cco's part are the
// functions that the engine itself uses.
//   node bench/windows.mjs [--seeds N] [--svg FILE]      (docs/windows-week.svg is the picture of the week with seed 1)
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const option = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};

async function loadWeek() {
  const folder = mkdtempSync(join(tmpdir(), "cco-windows-"));
  try {
    const outfile = join(folder, "week.mjs");
    const entry = fileURLToPath(new URL("../sim/window-week.ts", import.meta.url));
    await build({ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm", logLevel: "error" });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const { playWeek, POLICIES } = await loadWeek();
const seeds = Array.from({ length: Number(option("--seeds") ?? 10) }, (_, n) => n + 1);
const weeks = POLICIES.map((policy) => seeds.map((seed) => playWeek(policy, seed)));

const mean = (all, of) => all.reduce((sum, week) => sum + of(week), 0) / all.length;
const columns = [
  ["submitted", (all) => mean(all, (week) => week.submitted).toFixed(0)],
  ["accepted", (all) => mean(all, (week) => week.accepted).toFixed(1)],
  ["in week 1", (all) => mean(all, (week) => week.inWeek).toFixed(1)],
  ["failed", (all) => mean(all, (week) => week.failed).toFixed(1)],
  ["cut off", (all) => mean(all, (week) => week.cuts).toFixed(1)],
  ["work/window", (all) => `${(mean(all, (week) => week.workPerWindow) * 100).toFixed(1)} %`],
  ["median wait", (all) => `${mean(all, (week) => week.medianWait).toFixed(1)} h`],
  ["longest", (all) => `${Math.max(...all.map((week) => week.longestWait)).toFixed(0)} h`],
  ["starved", (all) => mean(all, (week) => week.starved).toFixed(1)],
];
process.stdout.write(`mean of ${seeds.length} weeks\n`);
process.stdout.write(`${"".padEnd(24)}${columns.map(([name]) => name.padStart(12)).join("")}\n`);
for (const [at, policy] of POLICIES.entries()) {
  process.stdout.write(`${policy.padEnd(24)}${columns.map(([, of]) => of(weeks[at]).padStart(12)).join("")}\n`);
}

const file = option("--svg");
if (file !== undefined) writeFileSync(file, picture(weeks.map(([first]) => first)));

/** Accepted tasks over the hours of a week, one line per policy. */
function picture(shown) {
  const [width, height, left, bottom] = [720, 320, 44, 28];
  const most = Math.ceil(Math.max(...shown.flatMap(({ curve }) => curve)) / 20) * 20;
  const x = (hour) => (left + (hour / 168) * (width - left - 12)).toFixed(1);
  const y = (count) => (height - bottom - (count / most) * (height - bottom - 16)).toFixed(1);
  const colours = ["#8a8f98", "#c2701c", "#1f6feb"];
  const days = Array.from({ length: 8 }, (_, day) => day);
  const levels = Array.from({ length: most / 40 + 1 }, (_, n) => n * 40).filter((level) => level <= most);
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>Accepted tasks over a week of credit windows, by policy</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...levels.map(
      (level) =>
        `<path d="M${left} ${y(level)}H${width - 12}" stroke="#e3e6ea"/><text x="${left - 6}" y="${Number(y(level)) + 4}" text-anchor="end" fill="#57606a">${level}</text>`,
    ),
    ...days.map(
      (day) => `<text x="${x(day * 24)}" y="${height - 8}" text-anchor="middle" fill="#57606a">day ${day}</text>`,
    ),
    ...shown.map(({ curve }, at) => {
      const points = curve.map((count, hour) => `${x(hour)},${y(count)}`).join(" ");
      return `<polyline points="${points}" fill="none" stroke="${colours[at]}" stroke-width="2"/>`;
    }),
    ...shown.map(
      ({ policy, inWeek }, at) =>
        `<text x="${left + 14}" y="${28 + at * 18}" fill="${colours[at]}">${policy}: ${inWeek} accepted</text>`,
    ),
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}
