import { createHash } from "node:crypto";
import type { Config } from "../model/config.ts";
import type { Notifier, Receiver } from "../ports/notifier.ts";
import { desktopCommand } from "./desktop.ts";
import { type ProgramHost, runProgram } from "./program.ts";

/** What the receivers of a project need of this machine. `env`: of this process; the secret of the webhook is read from it. */
export interface NotifyHost extends ProgramHost {
  readonly platform: string;
  readonly version: string;
}

/** The receivers that the settings name: a command of the user's, a webhook, the desktop. */
export function createNotifier(host: NotifyHost): Notifier {
  return {
    receivers: ({ command, webhook, webhookSecretEnv, desktop }) => [
      ...(command === null ? [] : [commandReceiver(host, command)]),
      ...(webhook === null ? [] : [webhookReceiver(host, webhook, webhookSecretEnv)]),
      ...(desktop ? [desktopReceiver(host)] : []),
    ],
  };
}

function commandReceiver(host: NotifyHost, argv: Config["notify"]["command"] & object): Receiver {
  return {
    key: keyOf("command", argv.join("\0")),
    name: "notify.command",
    deliver: (event, signal) => runProgram(host, argv, `${JSON.stringify(event)}\n`, signal),
  };
}

function webhookReceiver(host: NotifyHost, url: string, secretEnv: string | null): Receiver {
  return {
    key: keyOf("webhook", url),
    name: "notify.webhook",
    async deliver(event, signal) {
      const secret = secretEnv === null ? null : (host.env[secretEnv] ?? "");
      if (secret === "")
        return { ok: false, again: false, why: `the variable ${secretEnv ?? ""} of its secret is not set` };
      const certificates = host.env["NODE_EXTRA_CA_CERTS"];
      // Loaded when something is posted: the network costs an engine that has nobody to tell a good part of its start.
      const { postEvent } = await import("./webhook.ts");
      return postEvent({ url, secret, version: host.version, certificates }, event, signal);
    },
  };
}

function desktopReceiver(host: NotifyHost): Receiver {
  return {
    key: "desktop",
    name: "notify.desktop",
    async deliver(event, signal) {
      const argv = desktopCommand(host.platform, host.env, event);
      if (argv === null) return { ok: false, again: false, why: "there is no desktop to show it on" };
      return runProgram(host, argv, null, signal);
    },
  };
}

/** Addresses and arguments may hold secrets: only their digest is written down. */
function keyOf(kind: string, text: string): string {
  return `${kind}-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}
