import { loadProgram } from "./load-program.ts";

/** Name of the engine in `dist/programs/`; the build puts it in. */
declare const CCO_ENGINE_PROGRAM: string;

// The engine as a program of its own, for background starts: `node engine.cjs --project DIR [--wait]`.
loadProgram(CCO_ENGINE_PROGRAM, "engine");
