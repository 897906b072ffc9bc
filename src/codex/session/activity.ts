import { tailOf } from "../../kernel/text.ts";
import type { Framed } from "../../process/jsonl.ts";
import { parseEvent, type CodexEvent, type CodexItem, type CodexUsage } from "./events.ts";

/** One command that the worker ran. `exitCode` null: it had not ended. */
export interface RanCommand {
  readonly command: string;
  readonly exitCode: number | null;
  readonly tail: string;
}

/** What an event stream says, bounded whatever its length. */
export interface Activity {
  readonly threadId: string | null;
  readonly turnCompleted: boolean;
  /** Message of the failed turn; null when none failed. Only this is an end, `error` events are not. */
  readonly turnFailed: string | null;
  /** Line of the stream that says so, counted from 1. */
  readonly turnFailedLine: number | null;
  readonly usage: CodexUsage | null;
  /** The last line that was more than a warning, in a word or two: `item.completed command_execution`. */
  readonly lastEvent: string | null;
  readonly warnings: readonly string[];
  readonly lastMessage: string | null;
  /** The last messages, oldest first. */
  readonly messages: readonly string[];
  readonly commands: readonly RanCommand[];
  /** Paths changed by patches, with the last kind of change. */
  readonly fileChanges: Readonly<Record<string, string>>;
  readonly todo: readonly { readonly text: string; readonly completed: boolean }[];
  readonly toolCalls: number;
  /** Lines that were JSON. 0 = Codex ended before it said anything. */
  readonly records: number;
  /** Lines that were not, or were too long to read. */
  readonly noise: number;
}

const NOTHING: Activity = {
  threadId: null,
  turnCompleted: false,
  turnFailed: null,
  turnFailedLine: null,
  usage: null,
  lastEvent: null,
  warnings: [],
  lastMessage: null,
  messages: [],
  commands: [],
  fileChanges: {},
  todo: [],
  toolCalls: 0,
  records: 0,
  noise: 0,
};

const MAX_COMMANDS = 500;
const MAX_WARNINGS = 50;
const MAX_MESSAGES = 3;
const MAX_FILES = 1000;
const TAIL = 600;
const TEXT = 2000;

/** A fold over an event stream: give it frames in order, ask for the state at any time. */
export interface ActivityFold {
  add(frame: Framed): void;
  state(): Activity;
}

/** Starts a fold. */
export function foldActivity(): ActivityFold {
  let state = NOTHING;
  const running = new Map<string, RanCommand>();
  return {
    add(frame) {
      if (frame.kind !== "record") {
        state = { ...state, noise: state.noise + 1 };
        return;
      }
      const event = parseEvent(frame.value);
      const lastEvent = nameOf(event) ?? state.lastEvent;
      state = applyEvent({ ...state, records: state.records + 1, lastEvent }, event, running);
    },
    state: () => ({ ...state, commands: [...state.commands, ...running.values()] }),
  };
}

/** Null for warnings: they tell what did not happen. */
function nameOf(event: CodexEvent): string | null {
  switch (event.type) {
    case "error":
    case "unknown":
      return null;
    case "item.started":
    case "item.updated":
    case "item.completed":
      return `${event.type} ${event.item.type}`;
    default:
      return event.type;
  }
}

function applyEvent(state: Activity, event: CodexEvent, running: Map<string, RanCommand>): Activity {
  switch (event.type) {
    case "thread.started":
      return { ...state, threadId: event.thread_id };
    case "turn.completed":
      return { ...state, turnCompleted: true, usage: event.usage ?? null };
    case "turn.failed":
      return { ...state, turnFailed: event.error.message.slice(0, TEXT), turnFailedLine: state.records + state.noise };
    case "error":
      return warn(state, event.message);
    case "item.started":
      // Up to 0.143 a command that ends the turn never gets its second half.
      if (event.item.type === "command_execution" && running.size < MAX_COMMANDS)
        running.set(event.item.id, ran(event.item));
      return event.item.type === "todo_list" ? { ...state, todo: todoOf(event.item) } : state;
    case "item.updated":
      return event.item.type === "todo_list" ? { ...state, todo: todoOf(event.item) } : state;
    case "item.completed":
      return applyItem(state, event.item, running);
    case "turn.started":
    case "cloud":
    case "unknown":
      return state;
  }
}

function applyItem(state: Activity, item: CodexItem, running: Map<string, RanCommand>): Activity {
  switch (item.type) {
    case "agent_message":
      return {
        ...state,
        lastMessage: item.text.slice(0, TEXT),
        messages: [...state.messages, item.text.slice(0, TEXT)].slice(-MAX_MESSAGES),
      };
    case "command_execution":
      running.delete(item.id);
      return called({ ...state, commands: [...state.commands, ran(item)].slice(-MAX_COMMANDS) });
    case "file_change":
      return called({ ...state, fileChanges: merged(state.fileChanges, item.changes) });
    case "mcp_tool_call":
    case "web_search":
      return called(state);
    case "todo_list":
      return { ...state, todo: todoOf(item) };
    case "error":
      return warn(state, item.message);
    case "reasoning":
      return state;
  }
}

function merged(known: Readonly<Record<string, string>>, changes: readonly { path: string; kind: string }[]) {
  const room = Math.max(0, MAX_FILES - Object.keys(known).length);
  return { ...known, ...Object.fromEntries(changes.slice(0, room).map((change) => [change.path, change.kind])) };
}

function called(state: Activity): Activity {
  return { ...state, toolCalls: state.toolCalls + 1 };
}

function warn(state: Activity, message: string): Activity {
  return { ...state, warnings: [...state.warnings, message.slice(0, TEXT)].slice(-MAX_WARNINGS) };
}

function ran(item: Extract<CodexItem, { type: "command_execution" }>): RanCommand {
  return { command: item.command.slice(0, TEXT), exitCode: item.exit_code, tail: tailOf(item.aggregated_output, TAIL) };
}

function todoOf(item: Extract<CodexItem, { type: "todo_list" }>): Activity["todo"] {
  return item.items.slice(0, 100).map((entry) => ({ text: entry.text.slice(0, 200), completed: entry.completed }));
}
