import { failingTest } from "./case.ts";

/** What the attacked change was ordered to do. */
export const CRITERION = "add(a, b) is the sum of two numbers";

/** A module that is run as a test. */
export const js = (name: string, content: string, command = `node test/${name}.mjs`) =>
  failingTest(`test/${name}.mjs`, content, command);
/** What such a test begins with. */
export const IMPORT = 'import assert from "node:assert";\nimport { add } from "../src/add.js";\n';
