/** Text without secrets, for faces. */
export { redact as redactSecrets } from "../guard/secrets.ts";
