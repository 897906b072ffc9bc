import type { Scripted } from "./case.ts";

/** A version of one module with a seeded bug, and the evidence that convicts it and nothing else. */
interface Bug {
  readonly name: string;
  readonly source: string;
  readonly proof: Scripted["evidence"];
}

export interface Seed {
  readonly name: string;
  readonly criteria: readonly string[];
  readonly base: Readonly<Record<string, string>>;
  /** The file that the change writes. */
  readonly path: string;
  readonly good: string;
  readonly bugs: readonly Bug[];
}

/** Files that every project of JavaScript has. */
export const PACKAGE = { "package.json": '{ "name": "p", "private": true, "type": "module" }\n', "README.md": "# p\n" };
/** The line that imports a module of the project. */
export const mod = (name: string): string => `import { ${name} } from "../src/${name}.js";`;
