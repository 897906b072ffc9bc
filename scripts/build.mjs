// Builds dist/: one bundle per program, shared code in chunks, so that a command loads few files and only what it needs.
//   --if-stale   do nothing when the inputs have not changed since the last build
//   --no-types   leave out the declarations (dist/types)
//   --clean      remove the files of older builds at once, for a package
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const stamp = join(dist, "build.json");
const withTypes = !process.argv.includes("--no-types");

/** Files of an older build are kept this long: an engine that started from it still loads chunks lazily. */
const KEEP_OLD_MS = 60 * 60 * 1000;

/** All files below a folder, as absolute paths in a stable order. */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

function hashInputs() {
  const hash = createHash("sha256");
  const settings = ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.types.json", "scripts/build.mjs"];
  for (const file of [...settings.map((name) => join(root, name)), ...filesBelow(join(root, "src"))]) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  }
  return hash.digest("hex");
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stamp, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT" || error instanceof SyntaxError) return { inputs: "", types: false };
    throw error;
  }
}

/** Replaces a file by rename: a program that starts meanwhile reads the old or the new one, never half of one. */
function writeByRename(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

/** What both kinds of bundles have in common. */
const common = {
  absWorkingDir: root,
  write: false,
  bundle: true,
  platform: "node",
  target: "node20.19",
  logLevel: "warning",
};

/** The supervisor is started for every attempt: one CommonJS file without anything else starts soonest. */
async function bundleSupervisor() {
  const result = await build({
    ...common,
    entryPoints: ["src/process/supervisor-main.ts"],
    outfile: "dist/supervisor.cjs",
    format: "cjs",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
  });
  return result.outputFiles;
}

async function bundle() {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const result = await build({
    ...common,
    entryPoints: {
      cco: "src/cli/main.ts",
      engine: "src/cli/engine-main.ts",
      rehearsal: "src/rehearsal/main.ts",
      index: "src/index.ts",
    },
    outdir: "dist",
    chunkNames: "chunks/[name]-[hash]",
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    packages: "bundle",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    define: { CCO_VERSION: JSON.stringify(version) },
    // Bundled CommonJS dependencies still ask for node builtins through require().
    banner: {
      js: 'import { createRequire as ccoRequire } from "node:module"; const require = ccoRequire(import.meta.url);',
    },
  });
  // Chunks first, programs last: a program never names a chunk that is not there yet.
  const isProgram = (file) => dirname(file.path) === dist;
  const files = [...result.outputFiles, ...(await bundleSupervisor())];
  const ordered = files.toSorted((a, b) => Number(isProgram(a)) - Number(isProgram(b)));
  for (const file of ordered) writeByRename(file.path, file.contents);
  const notices = join(dist, "third-party-licenses.txt");
  writeByRename(notices, licensesOf(Object.keys(result.metafile.inputs)));
  return new Set([...ordered.map((file) => file.path), notices]);
}

/** Licences of the packages that went into the bundle; each of them asks to be shipped along. */
function licensesOf(inputs) {
  const folders = new Set(
    inputs.flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []),
  );
  return [...folders].toSorted().map(licenseOf).join("\n");
}

function licenseOf(folder) {
  const file = readdirSync(join(root, folder)).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) throw new Error(`${folder} is bundled and has no licence file`);
  return `${folder.replace("node_modules/", "")}\n\n${readFileSync(join(root, folder, file), "utf8").trim()}\n`;
}

function emitTypes() {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  rmSync(join(dist, "types"), { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.types.json"], { cwd: root, stdio: "inherit" });
  // tsc has said what is wrong.
  if (status !== 0) process.exit(1);
}

function removeOld(current) {
  const oldest = process.argv.includes("--clean") ? Infinity : Date.now() - KEEP_OLD_MS;
  for (const file of filesBelow(dist)) {
    if (file === stamp || current.has(file) || file.startsWith(join(dist, "types"))) continue;
    if (statSync(file, { throwIfNoEntry: false })?.mtimeMs < oldest) rmSync(file, { force: true });
  }
}

const inputs = hashInputs();
const last = readStamp();
const fresh = last.inputs === inputs && (last.types || !withTypes);
if (!(fresh && process.argv.includes("--if-stale"))) {
  const written = await bundle().catch((error) => {
    if (!("errors" in error)) throw error;
    // esbuild has said what is wrong.
    return process.exit(1);
  });
  if (withTypes) emitTypes();
  removeOld(written);
  writeByRename(stamp, `${JSON.stringify({ inputs, types: withTypes || (last.types && last.inputs === inputs) })}\n`);
}
