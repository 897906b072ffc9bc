/** Templates, for faces. */
export { renderTemplate, TEMPLATE_KINDS } from "../envelope/templates.ts";
