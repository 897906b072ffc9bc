import { expect, it } from "vitest";
import { z } from "zod";
import * as library from "../../src/index.ts";
import { readSource } from "../support/source-scan.ts";

// Users install and import this. A change here is a decision with a record in docs/decisions/.
const manifest = z
  .looseObject({ name: z.string(), type: z.string(), bin: z.json(), engines: z.json(), exports: z.json() })
  .parse(JSON.parse(readSource("package.json").text));

it("keeps name, program, module kind and oldest Node", () => {
  expect(manifest.name).toBe("cc-orchestrator");
  expect(manifest.type).toBe("module");
  expect(manifest.bin).toEqual({ cco: "bin/cco.js" });
  expect(manifest.engines).toEqual({ node: ">=20.19" });
});

it("opens the library and the manifest, and nothing else", () => {
  expect(manifest.exports).toEqual({
    ".": { types: "./dist/types/index.d.ts", default: "./dist/index.js" },
    "./package.json": "./package.json",
  });
});

it("keeps what the library exports", () => {
  expect(Object.keys(library).toSorted()).toEqual([
    "CcoError",
    "ERROR_TABLE",
    "configSchema",
    "dispatchResultSchema",
    "envelopeSchema",
    "statusResultSchema",
  ]);
});
