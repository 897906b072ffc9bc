import { renderTemplate, TEMPLATE_KINDS } from "../../src/envelope/templates.ts";
import { SIZES } from "../../src/model/envelope.ts";

const ID = "my-task";

/** The files of templates/: what `cco new` prints, to be copied where there is no cco at hand. */
export function renderTemplateFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const size of SIZES) files.set(`templates/envelope-${size}.md`, renderTemplate("envelope", { id: ID, size }));
  for (const kind of TEMPLATE_KINDS.filter((name) => name !== "envelope")) {
    const text = renderTemplate(kind, { id: ID, size: "full" });
    files.set(`templates/${kind}.${text.startsWith("{") ? "json" : "md"}`, text);
  }
  return files;
}
