import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";

/**
 * Runs a program of `dist/programs/`. What V8 made of its text is kept in `dist/cache/`, so that the next start does not compile again:
 * written at the end of a run that succeeds where there is none or V8 refuses it (it was made under other options of V8), one file per
 * program, `use` (each calls other functions) and Node. The name of a program holds the hash of its text, because V8 tells two texts
 * apart by their length alone.
 */
export function loadProgram(name: string, use: string): void {
  const file = join(__dirname, "programs", name);
  const cache = join(__dirname, "cache", `${name}-${use}-${process.version}-${process.arch}`);
  const cachedData = readIfThere(cache);
  // The build writes a function expression of ASCII text.
  const script = new Script(readFileSync(file, "latin1"), {
    filename: file,
    ...(cachedData === null ? {} : { cachedData }),
  });
  if (cachedData === null || script.cachedDataRejected === true) keepAtExit(script, cache);
  const run: unknown = script.runInThisContext();
  if (typeof run !== "function") throw new Error(`${file} is not a program`);
  Reflect.apply(run, undefined, [createRequire(file), file]);
}

function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    return withoutCache(error);
  }
}

function keepAtExit(script: Script, path: string): void {
  process.once("exit", (code) => {
    if (code !== 0) return;
    try {
      mkdirSync(dirname(path), { recursive: true });
      const temporary = `${path}.${process.pid}.tmp`;
      writeFileSync(temporary, script.createCachedData());
      renameSync(temporary, path);
    } catch (error) {
      withoutCache(error);
    }
  });
}

/** Nothing there yet, an installation that may not be written to, a full disk: programs start without. */
function withoutCache(error: unknown): null {
  if (error instanceof Error && "code" in error) return null;
  throw error;
}
