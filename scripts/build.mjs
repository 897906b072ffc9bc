// Builds dist/: one bundle per program, because what a start costs is what it loads.
//   --if-stale   do nothing when the inputs have not changed since the last build
//   --no-types   leave out the declarations (dist/types)
//   --clean      remove the files of older builds at once, for a package
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const stamp = join(dist, "build.json");
const withTypes = !process.argv.includes("--no-types");

/** Files of an older build are kept this long: a program that is starting may just have read their names. */
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

/** What all bundles have in common. */
const common = {
  absWorkingDir: root,
  write: false,
  metafile: true,
  bundle: true,
  platform: "node",
  target: "node20.19",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
};

/** Programs that src/cli/load-program.ts loads, with what V8 kept of an earlier run, by the constant that names them. */
const CACHED_PROGRAMS = {
  CCO_CLI_PROGRAM: "src/cli/cli-program.ts",
  CCO_ENGINE_PROGRAM: "src/cli/engine-program.ts",
  CCO_MCP_PROGRAM: "src/mcp/mcp-program.ts",
  CCO_HOOK_PROGRAM: "src/hooks/hook-program.ts",
};

/** Programs that are started directly, and small; one CommonJS file starts soonest. */
const DIRECT_PROGRAMS = {
  cco: "src/cli/main.ts",
  engine: "src/cli/engine-main.ts",
  supervisor: "src/process/supervisor-main.ts",
  "attached-supervisor": "src/codex/attached/supervisor-main.ts",
  "cloud-bridge": "src/codex/cloud/bridge-main.ts",
};

/** One file as the expression of a function, with the hash of its text in its name. */
async function bundleCached(entry, define) {
  const { outputFiles, metafile } = await build({
    ...common,
    entryPoints: [entry],
    outdir: "dist/programs",
    format: "cjs",
    define: { ...define, "import.meta.url": "ccoUrl" },
    // A script that V8 runs from its cache has require() and no import().
    supported: { "dynamic-import": false },
  });
  const [{ path, text }] = outputFiles;
  const url = 'require("node:url").pathToFileURL(__filename).href';
  const contents = `(function(require,__filename){"use strict";const ccoUrl=${url};${text}\n})`;
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 12);
  return { path: path.replace(/\.js$/, `-${hash}.cjs`), contents, metafile };
}

async function bundlePrograms(define) {
  const constants = Object.keys(CACHED_PROGRAMS);
  const cached = await Promise.all(constants.map((constant) => bundleCached(CACHED_PROGRAMS[constant], define)));
  const names = constants.map((constant, at) => [constant, JSON.stringify(basename(cached[at].path))]);
  const direct = await build({
    ...common,
    entryPoints: DIRECT_PROGRAMS,
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    define: { ...define, ...Object.fromEntries(names) },
  });
  return { files: [...cached, ...direct.outputFiles], metafiles: cached.map(({ metafile }) => metafile) };
}

/** The library, and the scripted model as a program of its own; shared code in chunks. */
function bundleModules(define) {
  return build({
    ...common,
    entryPoints: { rehearsal: "src/rehearsal/main.ts", index: "src/index.ts" },
    outdir: "dist",
    chunkNames: "chunks/[name]-[hash]",
    splitting: true,
    format: "esm",
    define,
    // Bundled CommonJS dependencies still ask for node builtins through require().
    banner: {
      js: 'import { createRequire as ccoRequire } from "node:module"; const require = ccoRequire(import.meta.url);',
    },
  });
}

async function bundle() {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const define = { CCO_VERSION: JSON.stringify(version) };
  const [modules, programs] = await Promise.all([bundleModules(define), bundlePrograms(define)]);
  // What is started comes last: it never names a file that is not there yet.
  const isStarted = (file) => dirname(file.path) === dist;
  const files = [...modules.outputFiles, ...programs.files];
  const ordered = files.toSorted((a, b) => Number(isStarted(a)) - Number(isStarted(b)));
  for (const file of ordered) writeByRename(file.path, file.contents);
  const notices = join(dist, "third-party-licenses.txt");
  const inputs = [modules.metafile, ...programs.metafiles].flatMap((metafile) => Object.keys(metafile.inputs));
  writeByRename(notices, licensesOf(inputs));
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

/** Removes what older builds left; what V8 kept of the present programs stays, except for a package. */
function removeOld(current) {
  const clean = process.argv.includes("--clean");
  const oldest = clean ? Infinity : Date.now() - KEEP_OLD_MS;
  const programs = [...current].map((file) => basename(file));
  for (const file of filesBelow(dist)) {
    if (file === stamp || current.has(file) || file.startsWith(join(dist, "types"))) continue;
    if (!clean && programs.some((name) => basename(file).startsWith(`${name}-`))) continue;
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
