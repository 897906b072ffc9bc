import { isFields } from "../../src/codex/attached/fields.ts";
import type { ChatGptAnswer, ChatGptRequest, ChatGptRoute } from "./chatgpt-stand-in.ts";

/** What becomes of one order. */
export interface CloudStory {
  /** Looks at it that see it at work. Default 1. */
  readonly pending?: number;
  /** `turn_status` after them. Default `completed`. */
  readonly turn?: string;
  /** Unified diff of its change; null: it has none. */
  readonly diff?: string | null;
  /** Title; default: the first characters of the prompt. */
  readonly title?: string;
  /** What its order is answered with; default: its id. */
  readonly answer?: ChatGptAnswer;
}

/** An order that arrived. */
export interface CloudOrderSeen {
  readonly id: string;
  readonly prompt: string;
  readonly environment: unknown;
  readonly branch: unknown;
}

/** Codex cloud behind chatgpt.com. */
export interface CloudStandIn {
  readonly route: ChatGptRoute;
  /** Orders in the sequence in which they arrived. */
  orders(): readonly CloudOrderSeen[];
  /** Looks at the state of tasks. */
  looks(): number;
}

/** One that has one environment, `lab` (`env_lab`). `story`: what becomes of the n-th order (from 1). `fault`: asked first about every request. */
export function makeCloud(
  story: (n: number, prompt: string) => CloudStory,
  fault: (request: ChatGptRequest) => ChatGptAnswer | undefined = () => undefined,
): CloudStandIn {
  const orders: (CloudOrderSeen & { readonly story: CloudStory; looks: number })[] = [];
  let looks = 0;
  const submit = (body: unknown): ChatGptAnswer => {
    const prompt = promptIn(body);
    const wanted = isFields(body) && isFields(body["new_task"]) ? body["new_task"] : {};
    const id = `task_e_${orders.length + 1}`;
    const order = { id, prompt, environment: wanted["environment_id"], branch: wanted["branch"], looks: 0 };
    const told = story(orders.length + 1, prompt);
    orders.push({ ...order, story: told });
    return told.answer ?? { json: { task: { id } } };
  };
  const route: ChatGptRoute = (request) => {
    const path = request.path.replace(/\?.*$/, "");
    if (!path.startsWith("/wham/tasks") && !path.startsWith("/wham/environments")) return undefined;
    const broken = fault(request);
    if (broken !== undefined) return broken;
    if (path.startsWith("/wham/environments")) return { json: [{ id: "env_lab", label: "lab" }] };
    if (path === "/wham/tasks" && request.method === "POST") return submit(request.body);
    if (path === "/wham/tasks/list") return { json: { items: orders.map((order) => listed(order)), cursor: null } };
    if (path.endsWith("/sibling_turns")) return { json: { sibling_turns: [] } };
    const order = orders.find(({ id }) => path === `/wham/tasks/${id}`);
    if (order === undefined) return { json: { detail: "Task not found" }, status: 404 };
    looks += 1;
    order.looks += 1;
    return { json: details(order) };
  };
  return { route, orders: () => orders, looks: () => looks };
}

interface Known extends CloudOrderSeen {
  readonly story: CloudStory;
  readonly looks: number;
}

function titleOf({ story, prompt }: Known): string {
  return story.title ?? prompt.slice(0, 120).replaceAll("\n", " ");
}

function display({ story, looks }: Known): unknown {
  const over = looks > (story.pending ?? 1);
  const turn_status = over ? (story.turn ?? "completed") : "in_progress";
  return { environment_label: "lab", latest_turn_status_display: { turn_status, sibling_turn_ids: [] } };
}

function listed(order: Known): unknown {
  const { id } = order;
  const times = { created_at: 1_790_000_000, updated_at: 1_790_000_010 };
  const flags = { archived: false, has_unread_turn: false, has_generated_title: false, pull_requests: [] };
  return { id, title: titleOf(order), ...times, ...flags, task_status_display: display(order) };
}

function details(order: Known): unknown {
  const { id, story } = order;
  const shown = display(order);
  const turn = { id: `${id}~assttrn_1`, attempt_placement: 0, turn_status: "completed", sibling_turn_ids: [] };
  const diff = story.diff ?? null;
  const output_items = diff === null ? [] : [{ type: "output_diff", diff }];
  return {
    task: {
      id,
      title: titleOf(order),
      created_at: 1_790_000_000,
      updated_at: Date.now() / 1000,
      archived: false,
      external_pull_requests: [],
      environment_label: "lab",
      task_status_display: shown,
    },
    task_status_display: shown,
    current_user_turn: null,
    current_assistant_turn: { ...turn, output_items },
    current_diff_task_turn: { ...turn, output_items },
  };
}

function promptIn(body: unknown): string {
  const text: string[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (isFields(value)) {
      if (typeof value["text"] === "string") text.push(value["text"]);
      Object.values(value).forEach(walk);
    }
  };
  walk(isFields(body) ? body["input_items"] : body);
  return text.join("\n");
}

/** The diff of one new file. */
export function newFile(path: string, content: string): string {
  const lines = content.replace(/\n$/, "").split("\n");
  return [
    `diff --git a/${path} b/${path}`,
    "new file mode 100644",
    "--- /dev/null",
    `+++ b/${path}`,
    `@@ -0,0 +1,${lines.length} @@`,
    ...lines.map((line) => `+${line}`),
    "",
  ].join("\n");
}
