import type { MeterMarks } from "../../process/meter.ts";

/** Texts in the result of a call whose command goes on: a shell session (0.124 and later), or a cell of code mode. */
export const GOES_ON = ["Process running with session ID", "Script running with cell ID"];

/** Tools that do nothing but wait (0.169). */
const PAUSES = ["sleep", "wait_agent"];

/** Tools whose calls only say what is planned. */
const PLANNING = ["update_plan"];

/** Tools whose calls are no work. */
export const NO_WORK = [...PLANNING, ...PAUSES];

/**
 * What the session file tells while a worker works. A call is noted when the model has made it, its result when it has ended, also where the
 * event stream says nothing; tokens when the answer has come (`token_usage_record`, later versions) or when what it asked for is done
 * (`token_count`, up to 0.124 the only one).
 */
export const METER: MeterMarks = {
  prefix: "rollout-",
  call: { all: ['"type":"response_item"', '_call","'], none: ['_call_output","'] },
  totals: [
    { line: '"type":"token_usage_record"', at: ["payload", "thread_token_usage"] },
    { line: '"type":"token_count"', at: ["payload", "info", "total_token_usage"] },
  ],
  model: { line: '"type":"turn_context"', at: ["payload", "model"] },
  names: { input: "input_tokens", cached: "cached_input_tokens", output: "output_tokens" },
  calls: {
    result: { all: ['"type":"response_item"', '_call_output","'], none: [] },
    id: ["payload", "call_id"],
    tool: ["payload", "name"],
    given: [
      ["payload", "arguments"],
      ["payload", "input"],
    ],
    came: ["payload", "output"],
    waits: GOES_ON,
    pauses: PAUSES,
    // A second or more: in a shell, in Python, in the scripts of code mode.
    sleeps: [
      String.raw`\bsleep[\s(]{1,9}(?:\d{0,9}[1-9]|\d{0,9}\.?\d{1,9}[mhd])`,
      String.raw`\bduration_ms\W{1,4}\d{4}`,
      String.raw`\bsetTimeout\([^;]{0,80},\s*\d{4}`,
    ],
    aside: PLANNING,
    // Names of sessions and chunks, and the times that Codex writes around what a command printed; not what it printed itself.
    noise: [
      "^Chunk ID: .*$",
      "^Wall time:? .*$",
      "^(?:Process|Script) running with .*$",
      '"chunk_id":"[^"]*"',
      '"(?:wall_time|duration)_seconds":[\\d.eE+-]+',
      '"session_id":\\d+',
      '"cell_id":"[^"]*"',
    ],
    // A person or the order spoke; the session was compacted and has to read again what it knew.
    fresh: ['"role":"user"', '"type":"compacted"'],
    over: '"type":"task_complete"',
  },
};
