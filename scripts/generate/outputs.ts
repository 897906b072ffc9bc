import { renderCliPage } from "./cli-page.ts";
import { renderConfigPage } from "./config-page.ts";
import { renderErrorPage } from "./error-page.ts";
import { renderJsonSchemas } from "./json-schemas.ts";
import { renderLintRulesPage } from "./lint-rules-page.ts";
import { renderTaskLifePage } from "./task-life-page.ts";
import { renderTemplateFiles } from "./template-files.ts";

/** Every generated file of the repository: path from the root → content. */
export function generatedFiles(): Map<string, string> {
  return new Map([
    ...renderJsonSchemas(),
    ...renderTemplateFiles(),
    ["docs/cli.md", renderCliPage()],
    ["docs/configuration.md", renderConfigPage()],
    ["docs/errors.md", renderErrorPage()],
    ["docs/lint-rules.md", renderLintRulesPage()],
    ["docs/task-life.md", renderTaskLifePage()],
  ]);
}
