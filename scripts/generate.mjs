// Writes what is generated from the tables and schemas of src: schemas/, templates/ and the reference pages of docs/.
//   --check   write nothing; name the files that are stale, missing or left over, and end with 1
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs the TypeScript of scripts/generate: bundled first, because Node 20 cannot strip types. */
async function renderAll() {
  const folder = mkdtempSync(join(tmpdir(), "cco-generate-"));
  try {
    const outfile = join(folder, "outputs.mjs");
    await build({
      absWorkingDir: root,
      entryPoints: ["scripts/generate/outputs.ts"],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20.19",
      // The command table names its programs; the generator only reads the table.
      external: ["./commands/*"],
      // Bundled CommonJS dependencies ask for node builtins through require().
      banner: {
        js: 'import { createRequire as ccoRequire } from "node:module"; const require = ccoRequire(import.meta.url);',
      },
      logLevel: "warning",
    });
    const { generatedFiles } = await import(pathToFileURL(outfile).href);
    return generatedFiles();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readIfThere(path) {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

const files = await renderAll();
const stale = [...files].filter(([path, content]) => readIfThere(path) !== content).map(([path]) => path);
// Folders in which everything is generated.
const leftOver = ["schemas", "templates"]
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
  .filter((path) => !files.has(path));

if (process.argv.includes("--check")) {
  for (const path of stale) console.error(`stale: ${path}`);
  for (const path of leftOver) console.error(`left over: ${path}`);
  if (stale.length + leftOver.length > 0) {
    console.error("next: npm run generate");
    process.exitCode = 1;
  }
} else {
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), files.get(path));
    console.log(`written: ${path}`);
  }
  for (const path of leftOver) {
    rmSync(join(root, path));
    console.log(`removed: ${path}`);
  }
}
