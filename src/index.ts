// The public surface of the library: a hand-written list.
export { CcoError } from "./kernel/errors.ts";
export type { ErrorClass } from "./kernel/error-row.ts";
export { ERROR_TABLE, type ErrorCode } from "./kernel/error-table.ts";
export { configSchema, type Config } from "./model/config.ts";
export { envelopeSchema, type Envelope, type LintFinding } from "./model/envelope.ts";
export { statusResultSchema } from "./model/printed-documents.ts";
export { dispatchResultSchema, type TaskResult, type TaskStatus } from "./model/result.ts";
