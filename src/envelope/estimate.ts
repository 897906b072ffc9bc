/** A rendered prompt has to stay below this many tokens (mission, A2). */
export const PROMPT_LIMIT_TOKENS = 8000;

/** Part of the limit that the lint keeps free for feedback on a later attempt. */
export const FEEDBACK_RESERVE_TOKENS = 500;

/** Above this many estimated tool calls a task should be split (mission, A2). */
export const SPLIT_TOOL_CALLS = 10;

/** A light envelope is for fewer expected tool calls than this (mission, A1). */
export const LIGHT_TOOL_CALLS = 5;
